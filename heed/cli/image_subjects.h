// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heed/cli/image_generation.h"
#include "heed/nn/image_model.h"
#include "heed/tasks/image/image_inputs.h"
#include "heed/tasks/image/kept_pixels.h"
#include "heed/tasks/run.h"

namespace heed::cli {

/// What images are drawn from: a class, or an input. Sample s is drawn from subject s % subjects, so that
/// those of all subjects share the passes of the model.
struct ImageSubject {
  std::string class_name;  ///< empty: none
  std::optional<int64_t> label;
  std::optional<tasks::ImageInput> input;  ///< a smaller image, or one to complete
  std::optional<tasks::KnownPixels> known;
};

/// The subjects that the options name: one without anything for a model that draws from nothing. Throws
/// Error(kUsage) for options that do not go with the model or with each other.
std::vector<ImageSubject> image_subjects(const tasks::TrainedImageModel& trained,
                                         const ImageGeneration& options);

/// What a model is told of samples `first` on, so many.
nn::ImageCondition subject_condition(const std::vector<ImageSubject>& subjects, int64_t first, int64_t count);

}  // namespace heed::cli
