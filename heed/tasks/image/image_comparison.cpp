// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_comparison.h"

#include <ATen/ops/stack.h>

#include "heed/core/progress.h"
#include "heed/tasks/image/image_grids.h"
#include "heed/tasks/image/image_tensors.h"
#include "heed/tasks/image/memorisation.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

std::string summary(const MemorisationCheck& check) {
  return "training images; samples: median distance " + fixed_number(check.sample_median(), 1) +
         "; held-out images: median " + fixed_number(check.valid_median, 1) +
         "; nearer than 95 % of those: " + std::to_string(check.suspicious) + " of " +
         std::to_string(check.samples.size());
}

MemorisationCheck compare(const ImageTaskModel& model, const ImageData& training,
                          const std::vector<image::Image>& samples) {
  std::vector<at::Tensor> pixels;
  for (const auto& sample : samples) pixels.push_back(tensor_of(sample));
  MemorisationOptions options;
  options.mirror = model.trained.config["data"]["flip"].value_or(false);
  Progress progress("compare", 0);
  options.progress = [&](int64_t done, int64_t all) {
    progress.update(done, "of " + std::to_string(all) + " training images");
  };
  auto check = check_memorisation(at::stack(pixels), training, options);
  progress.finish(summary(check));
  return check;
}

}  // namespace

Json write_comparison(const ImageTaskModel& model, const ImageData& training,
                      const std::vector<image::Image>& samples, const std::filesystem::path& picture,
                      Json& entries) {
  const auto check = compare(model, training, samples);
  for (size_t i = 0; i < samples.size(); ++i) {
    entries[i]["nearest"] = {{"training_image", check.samples[i].index},
                             {"mirrored", check.samples[i].mirrored},
                             {"distance", check.samples[i].distance}};
  }
  draw_neighbours(samples, check, picture);
  return {{"median_distance", check.sample_median()},
          {"valid_median_distance", check.valid_median},
          {"valid_low_distance", check.valid_low},
          {"suspicious", check.suspicious},
          {"train_images", check.train_images},
          {"valid_images", check.valid_images},
          {"picture", picture.string()}};
}

}  // namespace heed::tasks
