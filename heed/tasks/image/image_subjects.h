// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heed/core/field.h"
#include "heed/nn/pixel_model.h"
#include "heed/tasks/image/image_inputs.h"
#include "heed/tasks/image/image_model.h"
#include "heed/tasks/image/kept_pixels.h"

namespace heed::tasks {

/// What images are drawn from: classes, files, or images of a data set.
struct ImageSubjectOptions {
  std::vector<std::string> classes;  ///< names or numbers; an element may hold several, separated by commas
  Paths inputs, data;
  std::string split = "valid", keep;
  int64_t images = 4;  ///< images of the split
};
std::vector<Field> fields(ImageSubjectOptions& options);

/// What one image is drawn from: nothing, a class, or an input. Sample s is drawn from subject s % subjects,
/// so that samples of all subjects share the passes of the model.
struct ImageSubject {
  std::string class_name;  ///< empty: no class
  std::optional<int64_t> label;
  std::optional<ImageInput> input;  ///< a smaller image, or one to complete
  std::optional<KnownPixels> known;
};

/// Throws Error(kUsage) for options that do not fit each other, whatever the model.
void check_subjects(const ImageSubjectOptions& options);

/// The subjects that the options name, at least one. Without options, a model with classes gives a subject
/// for each, and any other model gives an empty one. Throws Error(kUsage) for options that do not fit the
/// model.
std::vector<ImageSubject> image_subjects(const ImageTaskModel& model, const ImageSubjectOptions& options);

/// The subject of a sample.
const ImageSubject& subject_of(const std::vector<ImageSubject>& subjects, int64_t sample);

/// The condition of samples first to first + count - 1, a row each.
nn::ImageCondition subject_condition(const std::vector<ImageSubject>& subjects, int64_t first, int64_t count);

}  // namespace heed::tasks
