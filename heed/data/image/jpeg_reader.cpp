// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/jpeg_reader.h"

#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstdio>  // jpeglib.h needs FILE
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include <jpeglib.h>
// After jpeglib.h, on which it depends.
#include <jerror.h>

#include "heed/core/error.h"
#include "heed/data/image/colour_profile.h"
#include "heed/data/image/orientation.h"

namespace heed::image {
namespace {

constexpr int kMaxScans = 100;
constexpr int kExifMarker = JPEG_APP0 + 1, kProfileMarker = JPEG_APP0 + 2;
constexpr unsigned kWholeMarker = 0xFFFF;

/// State for libjpeg's callbacks. Errors leave libjpeg by longjmp, which only skips libjpeg's frames and
/// ours.
struct State {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf leave;
  char fault[JMSG_LENGTH_MAX] = "";
};

State& state_of(j_common_ptr info) {
  return *static_cast<State*>(info->client_data);
}

[[noreturn]] void on_error(j_common_ptr info) {
  State& state = state_of(info);
  state.errors.format_message(info, state.fault);
  std::longjmp(state.leave, 1);
}

/// Warnings mean that libjpeg made up pixels, except for those listed here; a damaged profile is left out.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  const int code = info->err->msg_code;
  if (code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM ||
      code == JWRN_BOGUS_ICC)
    return;
  on_error(info);
}

void on_output(j_common_ptr) {}

void on_progress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
  State& state = state_of(info);
  std::snprintf(state.fault, sizeof state.fault, "it has more than %d scans", kMaxScans);
  std::longjmp(state.leave, 1);
}

class Decoder {
 public:
  Decoder(std::span<const std::byte> file, const std::string& name) : file_(file), name_(name) {
    state_.info.err = jpeg_std_error(&state_.errors);
    state_.errors.error_exit = on_error;
    state_.errors.emit_message = on_message;
    state_.errors.output_message = on_output;
    state_.progress.progress_monitor = on_progress;
    state_.info.client_data = &state_;
  }
  ~Decoder() { jpeg_destroy_decompress(&state_.info); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Reads up to the pixels, and what else the file says of them if `whole` is true. Throws for what heed does
  /// not read.
  void begin(const ReadLimits& limits, bool whole) {
    if (!is_jpeg(file_)) throw Error(ErrorKind::kData, "is not a JPEG", at_byte(name_, 0));
    read_header(whole);
    check_size(state_.info.image_height, state_.info.image_width, limits, name_);
    choose_colours();
  }

  void read_header(bool whole) {
    run([state = &state_, file = file_, whole] {
      jpeg_create_decompress(&state->info);
      state->info.progress = &state->progress;
      jpeg_mem_src(&state->info, reinterpret_cast<const unsigned char*>(file.data()), file.size());
      jpeg_save_markers(&state->info, kExifMarker, kWholeMarker);
      if (whole) jpeg_save_markers(&state->info, kProfileMarker, kWholeMarker);
      jpeg_read_header(&state->info, TRUE);
    });
  }
  /// As the first EXIF block before the pixels says. Other programs use the same marker with other content.
  Orientation orientation() const {
    for (auto* marker = state_.info.marker_list; marker != nullptr; marker = marker->next) {
      const auto content = std::as_bytes(std::span(marker->data, marker->data_length));
      if (marker->marker == kExifMarker && content.size() >= 6 &&
          std::memcmp(content.data(), "Exif\0\0", 6) == 0)
        return exif_orientation(content);
    }
    return Orientation::kUpright;
  }
  /// Profile and density, which stand before the pixels.
  PictureNotes notes() {
    PictureNotes notes;
    const int64_t colours = state_.info.out_color_space == JCS_GRAYSCALE ? 1 : 3;
    JOCTET* profile = nullptr;
    unsigned size = 0;
    run([state = &state_, profile = &profile, size = &size] {
      jpeg_read_icc_profile(&state->info, profile, size);
    });
    const std::unique_ptr<JOCTET, decltype(&std::free)> owner(profile, &std::free);
    const auto bytes = std::as_bytes(std::span(profile, size));
    if (is_colour_profile(bytes, colours)) notes.icc_profile.assign(bytes.begin(), bytes.end());
    if (state_.info.saw_JFIF_marker == TRUE) notes.density = density();
    return notes;
  }
  void choose_colours() {
    switch (state_.info.jpeg_color_space) {
      case JCS_GRAYSCALE:
        state_.info.out_color_space = JCS_GRAYSCALE;
        return;
      case JCS_YCbCr:
      case JCS_RGB:
        state_.info.out_color_space = JCS_RGB;
        return;
      case JCS_CMYK:
      case JCS_YCCK:
        throw Error(
            ErrorKind::kData,
            "is a CMYK JPEG, made for printing, whose colours depend on its profile: convert it to RGB first",
            name_);
      default:
        throw Error(ErrorKind::kData,
                    "is a JPEG of " + std::to_string(state_.info.num_components) +
                        " channels; heed reads grey and RGB",
                    name_);
    }
  }

  /// Frees the markers.
  Image read_pixels() {
    run([state = &state_] { jpeg_start_decompress(&state->info); });
    Image image{state_.info.output_height, state_.info.output_width, state_.info.output_components, {}};
    const auto row = static_cast<size_t>(image.width * image.channels);
    image.pixels.resize(row * static_cast<size_t>(image.height));
    run([state = &state_, pixels = image.pixels.data(), row] {
      while (state->info.output_scanline < state->info.output_height) {
        JSAMPROW next = pixels + state->info.output_scanline * row;
        jpeg_read_scanlines(&state->info, &next, 1);
      }
      jpeg_finish_decompress(&state->info);
    });
    return image;
  }

 private:
  /// The density that the JFIF header says; none for square pixels of no size.
  std::optional<Density> density() const {
    const uint32_t across = state_.info.X_density, down = state_.info.Y_density;
    constexpr double kInchesPerMetre = 1 / 0.0254;
    const auto per_metre = [](uint32_t density, double units) {
      return static_cast<uint32_t>(std::lround(density * units));
    };
    if (across == 0 || down == 0) return std::nullopt;
    if (state_.info.density_unit == 1)
      return Density{per_metre(across, kInchesPerMetre), per_metre(down, kInchesPerMetre), true};
    if (state_.info.density_unit == 2) return Density{across * 100, down * 100, true};
    if (state_.info.density_unit == 0 && across != down) return Density{across, down, false};
    return std::nullopt;
  }

  /// Calls libjpeg. An error leaves `step` by longjmp, so nothing in it may need a destructor.
  template <class Step>
  void run(Step step) {
    if (setjmp(state_.leave) != 0) {
      if (state_.errors.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
      const size_t left = state_.info.src == nullptr ? 0 : state_.info.src->bytes_in_buffer;
      throw Error(ErrorKind::kData, std::string("is not a readable JPEG: ") + state_.fault,
                  at_byte(name_, file_.size() - left));
    }
    step();
  }

  std::span<const std::byte> file_;
  const std::string& name_;
  State state_;
};

}  // namespace

bool is_jpeg(std::span<const std::byte> file) {
  return file.size() >= 3 && std::memcmp(file.data(), "\xFF\xD8\xFF", 3) == 0;
}

Image decode_jpeg(std::span<const std::byte> file, const std::string& name, const ReadLimits& limits) {
  Decoder decoder(file, name);
  decoder.begin(limits, false);
  const Orientation orientation = decoder.orientation();
  Image image = decoder.read_pixels();
  turn_upright(image, orientation);
  return image;
}

Picture decode_jpeg_picture(std::span<const std::byte> file, const std::string& name,
                            const ReadLimits& limits) {
  Decoder decoder(file, name);
  decoder.begin(limits, true);
  const Orientation orientation = decoder.orientation();
  PictureNotes notes = decoder.notes();
  if (notes.density && is_quarter_turn(orientation)) std::swap(notes.density->across, notes.density->down);
  Image image = decoder.read_pixels();
  turn_upright(image, orientation);
  return {image.height,    image.width, image.channels, 8, {image.pixels.begin(), image.pixels.end()},
          std::move(notes)};
}

}  // namespace heed::image
