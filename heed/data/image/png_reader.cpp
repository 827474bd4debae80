// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/png_reader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <tuple>
#include <utility>

#include <png.h>

#include "heed/core/error.h"
#include "heed/data/big_endian.h"
#include "heed/data/image/colour_profile.h"
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

  /// Reads up to the pixels and requests 8 bits per channel, or 16 in the machine's order if the file has them
  /// and `whole` is true.
  void read_header(bool whole) {
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
    run([png = png_, info = info_, whole] {
      png_set_expand(png);
      if (!whole) png_set_scale_16(png);
      if (std::endian::native == std::endian::little) png_set_swap(png);
      png_set_interlace_handling(png);
      png_read_update_info(png, info);
    });
  }

  /// Sets all but the pixels.
  template <class Raster>
  void describe(Raster& image) const {
    image.height = png_get_image_height(png_, info_);
    image.width = png_get_image_width(png_, info_);
    image.channels = png_get_channels(png_, info_);
  }
  int bits() const { return png_get_bit_depth(png_, info_); }
  size_t row_bytes() const { return png_get_rowbytes(png_, info_); }

  /// Reads one or three channels, and an alpha channel if the image has one.
  void read_pixels(uint8_t* pixels) {
    const size_t row = row_bytes(), rows = png_get_image_height(png_, info_);
    const int passes =
        png_get_interlace_type(png_, info_) == PNG_INTERLACE_ADAM7 ? PNG_INTERLACE_ADAM7_PASSES : 1;
    run([png = png_, pixels, row, rows, passes] {
      for (int pass = 0; pass < passes; ++pass) {
        for (size_t y = 0; y < rows; ++y) png_read_row(png, pixels + y * row, nullptr);
      }
      png_read_end(png, nullptr);
    });
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

/// Checked before libpng, which allocates memory by the width.
void check_header(std::span<const std::byte> file, const std::string& name, const ReadLimits& limits) {
  if (!is_png(file)) throw Error(ErrorKind::kData, "is not a PNG", at_byte(name, 0));
  if (file.size() < kSizeEnd)
    throw Error(ErrorKind::kData, "the header is truncated", at_byte(name, file.size()));
  check_size(big_endian(file.subspan(kSizeAt + 4, 4)), big_endian(file.subspan(kSizeAt, 4)), limits,
             at_byte(name, kSizeAt));
}

/// What the chunks say; those of a wrong size or content are left out.
PictureNotes notes_of(std::span<const std::byte> file, int64_t colours) {
  PictureNotes notes;
  notes.icc_profile = unpack_profile(png_chunk(file, "iCCP"));
  if (!is_colour_profile(notes.icc_profile, colours)) notes.icc_profile.clear();
  const auto intent = png_chunk(file, "sRGB"), gamma = png_chunk(file, "gAMA");
  const auto primaries = png_chunk(file, "cHRM"), density = png_chunk(file, "pHYs");
  if (intent.size() == 1 && intent[0] <= std::byte{3}) notes.srgb_intent = static_cast<uint8_t>(intent[0]);
  if (gamma.size() == 4) notes.gamma = big_endian(gamma);
  if (primaries.size() == 4 * std::tuple_size_v<decltype(notes.chromaticities)::value_type>) {
    notes.chromaticities.emplace();
    for (size_t i = 0; i < notes.chromaticities->size(); ++i)
      (*notes.chromaticities)[i] = big_endian(primaries.subspan(4 * i, 4));
  }
  if (density.size() == 9 && density[8] <= std::byte{1})
    notes.density = {big_endian(density.first(4)), big_endian(density.subspan(4, 4)),
                     density[8] == std::byte{1}};
  return notes;
}

}  // namespace

bool is_png(std::span<const std::byte> file) {
  return file.size() >= kSignature.size() &&
         std::memcmp(file.data(), kSignature.data(), kSignature.size()) == 0;
}

Image decode_png(std::span<const std::byte> file, const std::string& name, const ReadLimits& limits) {
  check_header(file, name, limits);
  Decoder decoder(file, name);
  decoder.read_header(false);
  Image image;
  decoder.describe(image);
  image.pixels.resize(decoder.row_bytes() * static_cast<size_t>(image.height));
  decoder.read_pixels(image.pixels.data());
  if (image.channels % 2 == 0) lay_on_white(image);
  turn_upright(image, exif_orientation(png_chunk(file, "eXIf")));
  return image;
}

Picture decode_png_picture(std::span<const std::byte> file, const std::string& name,
                           const ReadLimits& limits) {
  check_header(file, name, limits);
  Decoder decoder(file, name);
  decoder.read_header(true);
  Picture picture;
  decoder.describe(picture);
  picture.bits = decoder.bits();
  picture.pixels.resize(static_cast<size_t>(picture.height * picture.width * picture.channels));
  auto* bytes = reinterpret_cast<uint8_t*>(picture.pixels.data());
  decoder.read_pixels(bytes);
  if (picture.bits == 8) {  // the bytes lie in the first half
    for (size_t i = picture.pixels.size(); i-- > 0;) picture.pixels[i] = bytes[i];
  }
  picture.notes = notes_of(file, picture.colours());
  const auto orientation = exif_orientation(png_chunk(file, "eXIf"));
  turn_upright(picture, orientation);
  if (picture.notes.density && is_quarter_turn(orientation))
    std::swap(picture.notes.density->across, picture.notes.density->down);
  return picture;
}

}  // namespace heed::image
