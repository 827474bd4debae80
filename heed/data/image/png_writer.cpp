// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/png_writer.h"

#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>

#include <png.h>

#include "heed/core/files.h"

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

  std::vector<std::byte> encode(const Image& image) {
    if (setjmp(png_jmpbuf(png_)) != 0) {
      if (output_.out_of_memory) throw std::bad_alloc();
      throw std::runtime_error(std::string("[encode_png] ") + output_.fault);
    }
    write(image);
    return std::move(output_.bytes);
  }

 private:
  /// An error leaves this by longjmp, so nothing here may need a destructor.
  void write(const Image& image) {
    png_set_write_fn(png_, &output_, on_write, on_flush);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height),
                 8, image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png_, info_);
    const auto row = static_cast<size_t>(image.width * image.channels);
    for (size_t y = 0; y < static_cast<size_t>(image.height); ++y)
      png_write_row(png_, image.pixels.data() + y * row);
    png_write_end(png_, info_);
  }

  Output output_;
  png_structp png_;
  png_infop info_ = nullptr;
};

}  // namespace

std::vector<std::byte> encode_png(const Image& image) {
  check(image);
  return Encoder().encode(image);
}

void write_png(const std::filesystem::path& file, const Image& image) {
  write_atomically(file, encode_png(image));
}

}  // namespace heed::image
