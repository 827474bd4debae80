// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_reader.h"

#include <array>
#include <string_view>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/image/jpeg_reader.h"
#include "heed/data/image/png_reader.h"

namespace heed::image {
namespace {

/// Recognises image formats that heed does not read by their first bytes; "" for anything else.
std::string_view other_format(std::string_view bytes) {
  using namespace std::string_view_literals;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kOthers{
      {{"GIF8"sv, "a GIF"sv},
       {"BM"sv, "a BMP"sv},
       {"II*\0"sv, "a TIFF"sv},
       {"MM\0*"sv, "a TIFF"sv},
       {"\0\0\0\x0CjP  "sv, "a JPEG 2000"sv}}};
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return "a WebP";
  for (const auto& [begin, name] : kOthers) {
    if (bytes.starts_with(begin)) return name;
  }
  return "";
}

[[noreturn]] void refuse(std::span<const std::byte> bytes, const std::string& place) {
  if (bytes.empty()) throw Error(ErrorKind::kData, "is empty; a PNG or JPEG is needed", place);
  const auto other = other_format({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (other.empty()) throw Error(ErrorKind::kData, "is neither a PNG nor a JPEG", place);
  throw Error(ErrorKind::kData, "seems to be " + std::string(other) + "; convert it to PNG first", place);
}

}  // namespace

Image decode_image(std::span<const std::byte> bytes, const std::string& place, const ReadLimits& limits) {
  if (is_png(bytes)) return decode_png(bytes, place, limits);
  if (is_jpeg(bytes)) return decode_jpeg(bytes, place, limits);
  refuse(bytes, place);
}

Picture decode_picture(std::span<const std::byte> bytes, const std::string& place, const ReadLimits& limits) {
  if (is_png(bytes)) return decode_png_picture(bytes, place, limits);
  if (is_jpeg(bytes)) return decode_jpeg_picture(bytes, place, limits);
  refuse(bytes, place);
}

Image read_image(const std::filesystem::path& file, const ReadLimits& limits) {
  return decode_image(read_bytes(file, kMaxImageBytes), file.string(), limits);
}

Picture read_picture(const std::filesystem::path& file, const ReadLimits& limits) {
  return decode_picture(read_bytes(file, kMaxImageBytes), file.string(), limits);
}

}  // namespace heed::image
