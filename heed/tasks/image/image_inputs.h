// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/imaging/fit_image.h"
#include "heed/nn/pixel_model.h"
#include "heed/tasks/image/image_data.h"

namespace heed::tasks {

/// An image that a model completes, or makes larger.
struct ImageInput {
  std::string name;
  std::optional<image::Image>
      original;  ///< the image in the model's size; absent when only the smaller one is known
  std::optional<image::Image> source;  ///< the smaller image, for a model that is conditioned on one
  std::optional<int64_t> label;
};

/// Fits an image to the model. Channels are converted as the readers do. An image of the model's size or
/// larger becomes the original, and the source is made from that; an image between the source's size and the
/// model's becomes the source alone. Images are made smaller by imaging::fit_image, with a note to the log. Throws
/// Error(kData) with the sizes that the model takes for an image that is too small.
ImageInput fit_input(image::Image image, const std::string& name, const nn::ImageDomain& domain,
                     imaging::Fit fit = imaging::Fit::kCrop);

/// `count` images of a split, spread over it.
std::vector<ImageInput> inputs_of_split(const ImageData& data, const std::string& split, int64_t count);

/// The number of a class, given as its name; or as its number in decimal if no class is named by a number.
/// Throws Error(kUsage) with the names of the classes.
int64_t class_number(const std::vector<std::string>& classes, const std::string& text);

/// "airplane, automobile, bird": all classes, or the first ones and how many more.
std::string list_classes(const std::vector<std::string>& classes);

}  // namespace heed::tasks
