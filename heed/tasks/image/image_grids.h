// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "heed/tasks/image/image_generation.h"
#include "heed/tasks/image/image_subjects.h"
#include "heed/tasks/image/memorisation.h"

namespace heed::tasks {

/// Images drawn at one temperature, in the order of their samples.
struct TemperatureImages {
  double temperature = 1;
  std::vector<DrawnImage> images;
};

/// Draws samples side by side. Without inputs: a column for each class if the classes are few, or a row for
/// each temperature. With inputs, a row for each: the input, its bicubic upscaling, the samples of each
/// temperature, the original.
void draw_samples(const std::vector<TemperatureImages>& drawn, const std::vector<ImageSubject>& subjects,
                  const std::string& title, const std::filesystem::path& picture);

/// Draws samples beside their nearest training images, the nearest pairs first.
void draw_neighbours(const std::vector<image::Image>& samples, const MemorisationCheck& check,
                     const std::filesystem::path& picture);

}  // namespace heed::tasks
