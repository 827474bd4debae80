// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/png_reader.h"

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include <png.h>

#include "heed/core/error.h"
#include "heed/data/big_endian.h"
#include "heed/data/image/orientation.h"
#include "heed/data/image/png_chunks.h"

namespace heed::image {
namespace {

constexpr std::array<unsigned char, 8> kSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
/// Byte offsets of the width and of the end of the height, behind the signature and the head of the chunk
/// IHDR.
constexpr size_t kSizeAt = 16, kSizeEnd = 24;
/// Upper limit of deflate's compression ratio.
constexpr uint64_t kMaxPacking = 1032;

/// State for libpng's callbacks. Errors leave libpng by longjmp, which only skips libpng's frames and ours.
struct Input {
  std::span<const std::byte> bytes;
  size_t position = 0;
  char fault[256] = "";
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* input = static_cast<Input*>(png_get_error_ptr(png));
  std::snprintf(input->fault, sizeof input->fault, "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep into, size_t size) {
  auto* input = static_cast<Input*>(png_get_io_ptr(png));
  if (size > input->bytes.size() - input->position) {
    input->position = input->bytes.size();
    png_error(png, "the file is truncated");
  }
  std::memcpy(into, input->bytes.data() + input->position, size);
  input->position += size;
}

class Decoder {
 public:
  Decoder(std::span<const std::byte> file, const std::string& name) : name_(name) {
    input_.bytes = file;
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &input_, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
  }
  ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Reads up to the pixels and requests 8 bits per channel.
  void read_header() {
    run([png = png_, info = info_, input = &input_] {
      png_set_read_fn(png, input, on_read);
      png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
      png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
      // Only the chunks that define the pixels are read: no profiles and no text.
      png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_set_benign_errors(png, 0);
      png_read_info(png, info);
    });
    const uint64_t pixels = uint64_t{png_get_image_width(png_, info_)} * png_get_image_height(png_, info_);
    const uint64_t bits = uint64_t{png_get_channels(png_, info_)} * png_get_bit_depth(png_, info_);
    if (pixels / (8 * kMaxPacking) * bits > input_.bytes.size()) {
      throw Error(ErrorKind::kData,
                  "its header says " + std::to_string(png_get_image_width(png_, info_)) + " x " +
                      std::to_string(png_get_image_height(png_, info_)) +
                      " pixels, more than a file of its size can contain",
                  at_byte(name_, kSizeAt));
    }
    run([png = png_, info = info_] {
      png_set_expand(png);
      png_set_scale_16(png);
      png_set_interlace_handling(png);
      png_read_update_info(png, info);
    });
  }

  /// Reads one or three channels, and an alpha channel if the image has one.
  Image read_pixels() {
    Image image{png_get_image_height(png_, info_),
                png_get_image_width(png_, info_),
                png_get_channels(png_, info_),
                {}};
    const size_t row = png_get_rowbytes(png_, info_);
    image.pixels.resize(row * static_cast<size_t>(image.height));
    const int passes =
        png_get_interlace_type(png_, info_) == PNG_INTERLACE_ADAM7 ? PNG_INTERLACE_ADAM7_PASSES : 1;
    run([png = png_, pixels = image.pixels.data(), row, rows = static_cast<size_t>(image.height), passes] {
      for (int pass = 0; pass < passes; ++pass) {
        for (size_t y = 0; y < rows; ++y) png_read_row(png, pixels + y * row, nullptr);
      }
      png_read_end(png, nullptr);
    });
    return image;
  }

 private:
  /// Calls libpng. An error leaves `step` by longjmp, so nothing in it may need a destructor.
  template <class Step>
  void run(Step step) {
    if (setjmp(png_jmpbuf(png_)) != 0) {
      throw Error(ErrorKind::kData, std::string("is not a readable PNG: ") + input_.fault,
                  at_byte(name_, input_.position));
    }
    step();
  }

  const std::string& name_;
  Input input_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

/// Blends the image with white by its last channel, alpha, and drops that channel.
void lay_on_white(Image& image) {
  const auto colours = static_cast<size_t>(image.channels) - 1;
  uint8_t* out = image.pixels.data();
  const uint8_t* const end = out + image.pixels.size();
  for (const uint8_t* pixel = out; pixel != end; pixel += colours + 1) {
    const unsigned opacity = pixel[colours];
    for (size_t c = 0; c < colours; ++c) {
      *out++ = static_cast<uint8_t>((pixel[c] * opacity + 255 * (255 - opacity) + 127) / 255);
    }
  }
  image.channels -= 1;
  image.pixels.resize(image.pixels.size() / (colours + 1) * colours);
  image.pixels.shrink_to_fit();
}

}  // namespace

bool is_png(std::span<const std::byte> file) {
  return file.size() >= kSignature.size() &&
         std::memcmp(file.data(), kSignature.data(), kSignature.size()) == 0;
}

Image decode_png(std::span<const std::byte> file, const std::string& name, const ReadLimits& limits) {
  if (!is_png(file)) throw Error(ErrorKind::kData, "is not a PNG", at_byte(name, 0));
  // Checked before libpng, which allocates memory by the width.
  if (file.size() < kSizeEnd)
    throw Error(ErrorKind::kData, "the header is truncated", at_byte(name, file.size()));
  check_size(big_endian(file.subspan(kSizeAt + 4, 4)), big_endian(file.subspan(kSizeAt, 4)), limits,
             at_byte(name, kSizeAt));
  Decoder decoder(file, name);
  decoder.read_header();
  Image image = decoder.read_pixels();
  if (image.channels % 2 == 0) lay_on_white(image);
  turn_upright(image, exif_orientation(png_chunk(file, "eXIf")));
  return image;
}

}  // namespace heed::image
