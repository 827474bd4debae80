// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "heed/core/field.h"
#include "heed/data/image/picture.h"

namespace heed::cli {

/// The check of a side in pixels that has a middle.
Field::Check odd();

/// --output and --quality of a verb that writes a picture.
struct PictureOutput {
  std::filesystem::path file;
  std::optional<int64_t> quality = {};  ///< of JPEG

  Fields fields();

  /// Call before long work, with the size of the picture: throws if the file, or one of `others`, cannot be written or its name has no ending
  /// of a format, and Error(kUsage) if a quality is given and none of them is a JPEG.
  void check(int64_t height, int64_t width, const std::vector<std::filesystem::path>& others = {}) const;

  /// "picture", "height", "width", "channels" and "bits" as the file has them.
  nlohmann::ordered_json describe(const image::Picture& picture) const;

  /// Writes a picture to `to` in the format of its ending; warns of what a JPEG loses.
  void write(const std::filesystem::path& to, const image::Picture& picture) const;
};

}  // namespace heed::cli
