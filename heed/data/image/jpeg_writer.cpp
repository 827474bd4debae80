// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/jpeg_writer.h"

#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstdio>  // jpeglib.h needs FILE
#include <cstdlib>
#include <new>
#include <stdexcept>

#include <jpeglib.h>
// After jpeglib.h, on which it depends.
#include <jerror.h>

namespace heed::image {
namespace {

constexpr double kMetresPerInch = 0.0254;
constexpr uint32_t kLargestDensity = 65535;
/// gAMA of sRGB pictures, which is what a JPEG without a profile is taken for.
constexpr uint32_t kUsualGamma = 45455;

/// State for libjpeg's callbacks. Errors leave libjpeg by longjmp, which only skips libjpeg's frames and ours.
struct WriteState {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  std::jmp_buf leave;
  char fault[JMSG_LENGTH_MAX] = "";
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
};

[[noreturn]] void on_write_error(j_common_ptr info) {
  auto& state = *static_cast<WriteState*>(info->client_data);
  state.errors.format_message(info, state.fault);
  std::longjmp(state.leave, 1);
}

void on_write_message(j_common_ptr, int) {}
void on_write_output(j_common_ptr) {}

class Encoder {
 public:
  Encoder() {
    state_.info.err = jpeg_std_error(&state_.errors);
    state_.errors.error_exit = on_write_error;
    state_.errors.emit_message = on_write_message;
    state_.errors.output_message = on_write_output;
    state_.info.client_data = &state_;
  }
  ~Encoder() {
    jpeg_destroy_compress(&state_.info);
    std::free(state_.bytes);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  std::vector<std::byte> encode(const Image& image, const PictureNotes& notes, int quality) {
    if (setjmp(state_.leave) != 0) {
      if (state_.errors.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
      throw std::runtime_error(std::string("[encode_jpeg] ") + state_.fault);
    }
    write(image, notes, quality);
    const auto* bytes = reinterpret_cast<const std::byte*>(state_.bytes);
    return {bytes, bytes + state_.size};
  }

 private:
  /// An error leaves this by longjmp, so nothing here may need a destructor.
  void write(const Image& image, const PictureNotes& notes, int quality) {
    auto* const info = &state_.info;
    jpeg_create_compress(info);
    jpeg_mem_dest(info, &state_.bytes, &state_.size);
    info->image_height = static_cast<JDIMENSION>(image.height);
    info->image_width = static_cast<JDIMENSION>(image.width);
    info->input_components = static_cast<int>(image.channels);
    info->in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, quality, TRUE);
    info->optimize_coding = TRUE;
    info->comp_info[0].h_samp_factor = info->comp_info[0].v_samp_factor = 1;
    if (notes.density) set_density(*notes.density);
    jpeg_start_compress(info, TRUE);
    if (!notes.icc_profile.empty())
      jpeg_write_icc_profile(info, reinterpret_cast<const JOCTET*>(notes.icc_profile.data()),
                             static_cast<unsigned>(notes.icc_profile.size()));
    const auto row = static_cast<size_t>(image.width * image.channels);
    while (info->next_scanline < info->image_height) {
      auto* next = const_cast<JSAMPLE*>(image.pixels.data() + info->next_scanline * row);
      jpeg_write_scanlines(info, &next, 1);
    }
    jpeg_finish_compress(info);
  }

  /// In dots per inch, as most programs read it; left out if the numbers do not fit.
  void set_density(const Density& density) {
    const double unit = density.per_metre ? kMetresPerInch : 1;
    const double across = std::nearbyint(density.across * unit), down = std::nearbyint(density.down * unit);
    if (std::min(across, down) < 1 || std::max(across, down) > kLargestDensity) return;
    state_.info.density_unit = density.per_metre ? 1 : 0;
    state_.info.X_density = static_cast<UINT16>(across);
    state_.info.Y_density = static_cast<UINT16>(down);
  }

  WriteState state_;
};

}  // namespace

std::vector<std::byte> encode_jpeg(const Picture& picture, int quality) {
  check_picture(picture, "encode_jpeg");
  if (picture.height > kMaxJpegSide || picture.width > kMaxJpegSide)
    throw std::invalid_argument("[encode_jpeg] a JPEG has at most " + std::to_string(kMaxJpegSide) +
                                " rows and columns, got " + std::to_string(picture.height) + " x " +
                                std::to_string(picture.width));
  if (quality < 1 || quality > 100)
    throw std::invalid_argument("[encode_jpeg] quality must be from 1 to 100, got " +
                                std::to_string(quality));
  return Encoder().encode(on_white(picture), picture.notes, quality);
}

std::vector<std::string> lost_in_jpeg(const Picture& picture) {
  std::vector<std::string> lost;
  if (is_transparent(picture)) lost.emplace_back("transparency");
  if (picture.bits == 16) lost.emplace_back("16 bits");
  const PictureNotes& notes = picture.notes;
  const bool described = !notes.icc_profile.empty() || notes.srgb_intent;
  if (!described && ((notes.gamma && *notes.gamma != kUsualGamma) || notes.chromaticities))
    lost.emplace_back("gamma and chromaticities");
  return lost;
}

}  // namespace heed::image
