// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/image/image.h"
#include "heed/data/image/png_writer.h"

namespace heed::image::testing {

inline std::filesystem::path fixtures() {
  return std::filesystem::path(HEED_SOURCE_DIR) / "tests/data/image/fixtures";
}

inline std::vector<std::byte> fixture(const std::string& name) {
  return read_bytes(fixtures() / name);
}

/// Returns the message of a call that must fail with Error(kData).
template <class Call>
std::string data_error(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline std::string big_endian(uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xFF);
  return text;
}

inline std::string png_chunk(const std::string& kind, const std::string& data) {
  const std::string body = kind + data;
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<uint32_t>(data.size())) + body + big_endian(static_cast<uint32_t>(sum));
}

inline std::string zlib_packed(const std::string& data) {
  std::string packed(compressBound(data.size()), '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(data.data()),
           data.size());
  packed.resize(size);
  return packed;
}

/// Makes an 8-bit PNG whose header has any size, with `rows`, each preceded by its filter byte.
inline std::string png_claiming(uint32_t width, uint32_t height, const std::string& rows, char colour = 0) {
  using namespace std::string_literals;
  return "\x89PNG\r\n\x1a\n"s +
         png_chunk("IHDR", big_endian(width) + big_endian(height) + "\x8"s + colour + "\0\0\0"s) +
         png_chunk("IDAT", zlib_packed(rows)) + png_chunk("IEND", "");
}

/// Makes an image whose pixels differ from their neighbours.
inline Image pattern(int64_t height, int64_t width, int64_t channels, int seed = 0) {
  Image image{height, width, channels, std::vector<uint8_t>(static_cast<size_t>(height * width * channels))};
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<uint8_t>(i * 37 + static_cast<size_t>(seed) * 101);
  return image;
}

inline std::string png_of(const Image& image) {
  const auto bytes = encode_png(image);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Makes a ustar header with a correct checksum.
struct TarFields {
  std::string name = "a.png", size = "00000000000", prefix = {};
  char type = '0';
};
inline std::string tar_header(const TarFields& fields) {
  std::string block(512, '\0');
  const auto put = [&](size_t at, std::string_view text) { block.replace(at, text.size(), text); };
  put(0, fields.name);
  put(100, "0000644");
  put(124, fields.size);
  put(148, "        ");
  block[156] = fields.type;
  put(257, std::string_view("ustar\0"
                            "00",
                            8));
  put(345, fields.prefix);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  put(148, std::string_view(text, 7));
  return block;
}

inline std::string padded(std::string content) {
  content.resize((content.size() + 511) / 512 * 512, '\0');
  return content;
}

inline std::string tar_file(const std::string& name, const std::string& content, char type = '0') {
  char size[12];
  std::snprintf(size, sizeof size, "%011zo", content.size());
  return tar_header({.name = name, .size = size, .type = type}) + padded(content);
}

}  // namespace heed::image::testing
