// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "heed/cli/verb.h"
#include "heed/nn/weight_type.h"
#include "heed/tasks/image/image_evaluation.h"

namespace heed::cli {

/// heed evaluate on images.
struct ImageScoring {
  std::string model, attention_backend, split = "valid";
  nn::WeightType weights = nn::WeightType::kFloat32;
  Paths data;
  tasks::ImageEvaluationOptions likelihood;
  tasks::SuperResolutionOptions sampling;
  bool super_resolution = false;
};

/// The heading of its options in the help.
inline constexpr const char* kImageScoring = "Images";
void add_image_scoring(CLI::App* verb, ImageScoring& options);
int evaluate_images(const Common& common, ImageScoring options);

}  // namespace heed::cli
