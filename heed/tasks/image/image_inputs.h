// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/nn/image_model.h"
#include "heed/tasks/image/image_data.h"

namespace heed::tasks {

/// An image that a model goes on from.
struct ImageInput {
  std::string name;
  std::optional<image::Image> original;  ///< of the model's size, where there is more than the smaller image
  std::optional<image::Image> source;    ///< the smaller image, where the model goes by one
  std::optional<int64_t> label;
};

/// Fits an image to what the model takes; channels are converted as readers do. One of the source's size is
/// the source; of a larger one the source is made by area, by way of the model's size where it is large
/// enough for that. What is resized is said. Throws Error(kData), with the sizes that are taken, for an image
/// that is too small.
ImageInput fit_input(image::Image image, const std::string& name, const nn::ImageDomain& domain);

/// So many of a split, spread over it.
std::vector<ImageInput> inputs_of_split(const ImageData& data, const std::string& split, int64_t count);

/// The number of a class by its name, or by its number written out. Throws Error(kUsage) that lists the
/// classes there are.
int64_t class_number(const std::vector<std::string>& classes, const std::string& text);

/// "airplane, automobile, bird": all, or the first and how many more.
std::string list_classes(const std::vector<std::string>& classes);

}  // namespace heed::tasks
