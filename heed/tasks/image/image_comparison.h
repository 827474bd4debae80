// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/tasks/action.h"
#include "heed/tasks/image/image_model.h"

namespace heed::tasks {

/// Compares samples with the training images of a model (memorisation.h) and draws them beside their nearest
/// ones. Adds `nearest` to the entry of each sample in `entries`, and returns a summary.
Json write_comparison(const ImageTaskModel& model, const ImageData& training,
                      const std::vector<image::Image>& samples, const std::filesystem::path& picture,
                      Json& entries);

}  // namespace heed::tasks
