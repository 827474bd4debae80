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
#include "heed/nn/image_model.h"

namespace heed::tasks {

/// Section [data] of an image run.
struct ImageDataOptions {
  int64_t size = 0, height = 0, width = 0, channels = 0;
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
/// labels   [images] int64, where the model goes by class
/// sources  [images, source_height, source_width, channels] uint8, each its image made smaller by area, where
///          the model goes by a smaller image
struct ImageSet {
  at::Tensor images;
  std::optional<at::Tensor> labels, sources;
  int64_t count() const { return images.size(0); }
};

struct ImageData {
  nn::ImageDomain domain;
  std::vector<std::string> classes;  ///< names; empty where the model does not go by class
  std::map<std::string, ImageSet> splits;
  int64_t skipped = 0;  ///< pictures that could not be read or have another size

  /// Error(kData) naming the splits there are when it is missing.
  const ImageSet& split(const std::string& name) const;
};

/// Reads whatever image::read_image_corpus takes, or folders that prepare_images wrote; every image is made
/// smaller by area to the size that options name. Prepared images keep the splits they were prepared with.
///
/// `classes`, those a model was trained with, give labels their numbers; empty: those of the data do.
///
/// Throws Error(kConfig) for a size that is larger than the images, or a condition on classes where there are
/// none; Error(kData) for a class that the model does not know, besides the errors of the reader.
ImageData read_image_data(const std::vector<std::filesystem::path>& data, const ImageDataOptions& options,
                          const std::vector<std::string>& classes = {});

/// Images of each split with a checksum of all of them: two sets with one card train alike.
toml::table image_data_card(const ImageData& data);

}  // namespace heed::tasks
