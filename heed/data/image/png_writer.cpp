// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/png_writer.h"

#include <bit>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <new>
#include <span>
#include <stdexcept>
#include <string>

#include <png.h>

#include "heed/core/files.h"
#include "heed/data/image/colour_profile.h"

namespace heed::image {
namespace {

void check(const Image& image) {
  const bool known = image.channels == 1 || image.channels == 3;
  const bool sized = image.height > 0 && image.width > 0 && image.height <= PNG_UINT_31_MAX &&
                     image.width <= PNG_UINT_31_MAX;
  if (!known || !sized ||
      image.pixels.size() / static_cast<size_t>(image.channels) / static_cast<size_t>(image.width) !=
          static_cast<size_t>(image.height) ||
      image.pixels.size() % static_cast<size_t>(image.channels * image.width) != 0) {
    throw std::invalid_argument("[encode_png] " + std::to_string(image.pixels.size()) +
                                " bytes are not an image of " + std::to_string(image.height) + " x " +
                                std::to_string(image.width) + " x " + std::to_string(image.channels));
  }
}

/// State for libpng's callbacks. Errors leave libpng by longjmp, which only skips libpng's frames and ours.
struct Output {
  std::vector<std::byte> bytes;
  bool out_of_memory = false;
  char fault[256] = "";
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* output = static_cast<Output*>(png_get_error_ptr(png));
  std::snprintf(output->fault, sizeof output->fault, "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_write(png_structp png, png_bytep data, size_t size) {
  auto* output = static_cast<Output*>(png_get_io_ptr(png));
  try {
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    output->bytes.insert(output->bytes.end(), bytes, bytes + size);
  } catch (const std::bad_alloc&) {  // exceptions must not pass through libpng, which is C code
    output->out_of_memory = true;
  }
  if (output->out_of_memory) png_error(png, "out of memory");
}

void on_flush(png_structp) {}

/// Numbers of 8 bits, or of 16 in the machine's order.
struct Rows {
  int64_t height, width, channels;
  int bits;
  const png_byte* bytes;
};

struct Chunk {
  std::string name;
  std::vector<std::byte> content;
};

/// The notes as chunks that stand before the pixels, in the order that PNG wants.
std::vector<Chunk> chunks_of(const PictureNotes& notes) {
  std::vector<Chunk> chunks;
  const auto add = [&](const char* name) { return &chunks.emplace_back(Chunk{name, {}}).content; };
  const auto put = [](std::vector<std::byte>* content, uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) content->push_back(static_cast<std::byte>(number >> shift));
  };
  if (notes.gamma) put(add("gAMA"), *notes.gamma);
  if (notes.chromaticities) {
    auto* content = add("cHRM");
    for (const uint32_t number : *notes.chromaticities) put(content, number);
  }
  if (notes.srgb_intent) add("sRGB")->push_back(static_cast<std::byte>(*notes.srgb_intent));
  if (!notes.icc_profile.empty()) *add("iCCP") = pack_profile(notes.icc_profile);
  if (notes.density) {
    auto* content = add("pHYs");
    put(content, notes.density->across);
    put(content, notes.density->down);
    content->push_back(static_cast<std::byte>(notes.density->per_metre));
  }
  return chunks;
}

class Encoder {
 public:
  Encoder() : png_(png_create_write_struct(PNG_LIBPNG_VER_STRING, &output_, on_error, on_warning)) {
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_write_struct(&png_, nullptr);
      throw std::bad_alloc();
    }
  }
  ~Encoder() { png_destroy_write_struct(&png_, &info_); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  std::vector<std::byte> encode(const Rows& rows, std::span<const Chunk> chunks) {
    if (setjmp(png_jmpbuf(png_)) != 0) {
      if (output_.out_of_memory) throw std::bad_alloc();
      throw std::runtime_error(std::string("[encode_png] ") + output_.fault);
    }
    write(rows, chunks);
    return std::move(output_.bytes);
  }

 private:
  /// An error leaves this by longjmp, so nothing here may need a destructor.
  void write(const Rows& rows, std::span<const Chunk> chunks) {
    constexpr int kColours[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                PNG_COLOR_TYPE_RGB_ALPHA};
    png_set_write_fn(png_, &output_, on_write, on_flush);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(rows.width), static_cast<png_uint_32>(rows.height),
                 rows.bits, kColours[rows.channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png_, info_);
    for (const Chunk& chunk : chunks)
      png_write_chunk(png_, reinterpret_cast<png_const_bytep>(chunk.name.data()),
                      reinterpret_cast<png_const_bytep>(chunk.content.data()), chunk.content.size());
    if (std::endian::native == std::endian::little) png_set_swap(png_);
    const auto row = static_cast<size_t>(rows.width * rows.channels * rows.bits / 8);
    for (size_t y = 0; y < static_cast<size_t>(rows.height); ++y) png_write_row(png_, rows.bytes + y * row);
    png_write_end(png_, info_);
  }

  Output output_;
  png_structp png_;
  png_infop info_ = nullptr;
};

}  // namespace

std::vector<std::byte> encode_png(const Image& image) {
  check(image);
  return Encoder().encode({image.height, image.width, image.channels, 8, image.pixels.data()}, {});
}

std::vector<std::byte> encode_png(const Picture& picture) {
  check_picture(picture, "encode_png");
  const auto chunks = chunks_of(picture.notes);
  const auto* numbers = reinterpret_cast<const png_byte*>(picture.pixels.data());
  std::vector<png_byte> bytes;
  if (picture.bits == 8) {
    bytes.reserve(picture.pixels.size());
    for (const uint16_t number : picture.pixels) bytes.push_back(static_cast<png_byte>(number));
    numbers = bytes.data();
  }
  return Encoder().encode({picture.height, picture.width, picture.channels, picture.bits, numbers}, chunks);
}

void write_png(const std::filesystem::path& file, const Image& image) {
  write_atomically(file, encode_png(image));
}

}  // namespace heed::image
