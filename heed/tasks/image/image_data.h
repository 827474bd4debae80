// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include <ATen/core/Tensor.h>

#include "heed/core/config.h"
#include "heed/nn/pixel_model.h"

namespace heed::tasks {

/// Section [data] of the config of an image run.
struct ImageDataOptions {
  int64_t size = 0, height = 0, width = 0, channels = 0;
  std::string fit = "crop";        ///< crop, pad, stretch: imaging::Fit
  std::string condition = "none";  ///< none, class, source
  int64_t source_size = 8;
  int64_t batch_size = 8;
  bool flip = false;
  double valid_share = 0.1;
  int64_t validation_images = 512;
};
std::vector<Field> fields(ImageDataOptions& options);

/// The images of a split, on the CPU.
///
/// images   [images, height, width, channels] uint8
/// labels   [images] int64, for models conditioned on a class
/// sources  [images, source_height, source_width, channels] uint8, the images made smaller by area, for
///          models conditioned on a smaller image
struct ImageSet {
  at::Tensor images;
  std::optional<at::Tensor> labels, sources;
  int64_t count() const { return images.size(0); }
};

struct ImageData {
  nn::ImageDomain domain;
  std::vector<std::string> classes;  ///< names; empty unless the condition is the class
  std::map<std::string, ImageSet> splits;
  int64_t skipped = 0;  ///< images that cannot be read or have another size

  /// Throws Error(kData) with the names of the splits when the data does not have it.
  const ImageSet& split(const std::string& name) const;
};

/// Reads everything that image::read_image_corpus reads, and folders that prepare_images wrote. Fits every
/// image to the size in the options. Prepared images keep the splits they were prepared with. With
/// `for_training`, a class without an image in train is an error.
///
/// `classes` are those that a model was trained with; a label is an index into them. When they are empty, it
/// is an index into the classes of the data. With `for_training`, classes of the data that the model lacks take the
/// numbers of those that the data lacks, with a warning.
///
/// Throws Error(kConfig) for a height without a width, or the condition `class` when the data has no classes; Error(kData)
/// for a class that is not in `classes`, in training for more classes than these; and the errors of the reader.
ImageData read_image_data(const std::vector<std::filesystem::path>& data, const ImageDataOptions& options,
                          const std::vector<std::string>& classes = {}, bool for_training = false);

/// The number of images of each split with a checksum: two data sets with equal cards train equal models.
toml::table image_data_card(const ImageData& data);

}  // namespace heed::tasks
