// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "heed/cli/image_subjects.h"
#include "heed/tasks/image/image_generation.h"
#include "heed/tasks/image/memorisation.h"

namespace heed::cli {

/// Images drawn at one temperature, subjects in turn.
struct TemperatureImages {
  double temperature = 1;
  std::vector<tasks::DrawnImage> images;
};

/// "0.9".
std::string short_number(double number);

/// Samples side by side: by class, where the classes are few, a column each; with inputs a row for each
/// input: the input, bicubic upscaling, the samples of each temperature, the original.
void draw_samples(const std::vector<TemperatureImages>& drawn, const std::vector<ImageSubject>& subjects,
                  const std::string& title, const std::filesystem::path& picture);

/// Samples, each beside its nearest training image, the nearest pairs first.
void draw_neighbours(const std::vector<image::Image>& samples, const tasks::MemorisationCheck& check,
                     const std::filesystem::path& picture);

}  // namespace heed::cli
