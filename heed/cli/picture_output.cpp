// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/picture_output.h"

#include <string>
#include <variant>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/data/image/jpeg_writer.h"
#include "heed/data/image/picture_writer.h"

namespace heed::cli {
namespace {

constexpr int64_t kQuality = 95;

}  // namespace

Field::Check odd() {
  return [](const Field::Value& value) -> std::string {
    const auto* whole = std::get_if<int64_t*>(&value);
    const auto* optional = std::get_if<std::optional<int64_t>*>(&value);
    const int64_t side = whole != nullptr ? **whole : (*optional)->value_or(1);
    return side >= 1 && side % 2 == 1 ? "" : "must be odd and at least 1, got " + std::to_string(side);
  };
}

Fields PictureOutput::fields() {
  return {required({"output", &file, "picture to write: PNG (.png) or JPEG (.jpg, .jpeg, .jfif)"}),
          default_text({"quality", &quality, "quality of a JPEG, from 1 to 100", between(1, 100)},
                       std::to_string(kQuality))};
}

void PictureOutput::check(int64_t height, int64_t width,
                          const std::vector<std::filesystem::path>& others) const {
  bool any_jpeg = false;
  const auto check_one = [&](const std::filesystem::path& to) {
    image::check_picture_file(to, height, width);
    any_jpeg = any_jpeg || image::picture_format(to) == image::PictureFormat::kJpeg;
  };
  check_one(file);
  for (const auto& other : others) check_one(other);
  if (quality && !any_jpeg)
    throw Error(ErrorKind::kUsage, "is for JPEG; a PNG loses nothing", FieldName{"quality"});
}

nlohmann::ordered_json PictureOutput::describe(const image::Picture& picture) const {
  const bool is_jpeg = image::picture_format(file) == image::PictureFormat::kJpeg;
  return {{"picture", file.string()},
          {"height", picture.height},
          {"width", picture.width},
          {"channels", is_jpeg ? picture.colours() : picture.channels},
          {"bits", is_jpeg ? 8 : picture.bits}};
}

void PictureOutput::write(const std::filesystem::path& to, const image::Picture& picture) const {
  if (image::picture_format(to) == image::PictureFormat::kJpeg) {
    std::string lost;
    for (const std::string& one : image::lost_in_jpeg(picture)) lost += (lost.empty() ? "" : " and ") + one;
    if (!lost.empty()) warn(to.string() + ": a JPEG cannot hold the picture's " + lost + "; a PNG can");
  }
  image::write_picture(to, picture, static_cast<int>(quality.value_or(kQuality)));
}

}  // namespace heed::cli
