// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "heed/imaging/fit_image.h"
#include "heed/nn/pixel_model.h"
#include "heed/tasks/image/image_data.h"
#include "heed/tasks/trained.h"

namespace heed::tasks {

/// A trained model of images with the names of its classes.
struct ImageTaskModel : TaskModel {
  /// Throws Error(kUsage) when the module is not a model of images.
  explicit ImageTaskModel(Trained<torch::nn::Module> any);

  Trained<nn::PixelModel> trained;
  std::vector<std::string>
      classes;  ///< names, in the order of their numbers; empty: the model has no classes

  nn::PixelModel& model() const { return *trained.model; }
  const nn::ImageDomain& domain() const { return trained.model->domain(); }
  /// Reads images of the model's size and channels. With `condition`, also the labels or smaller images that
  /// the model is conditioned on, with the model's class numbers.
  ImageData read_images(const Paths& data, bool condition = true) const;
  /// How the images that the model was trained with were resized.
  imaging::Fit fit() const { return imaging::fit_of_name(data_options().fit); }

 private:
  ImageDataOptions data_options() const;
};

/// The class names that the config of a trained model holds, in the order of their numbers; empty: it has no
/// classes.
std::vector<std::string> image_classes(const toml::table& config);

}  // namespace heed::tasks
