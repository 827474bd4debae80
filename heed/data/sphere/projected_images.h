// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "heed/core/field.h"
#include "heed/data/image/image_corpus.h"
#include "heed/data/sphere/projection.h"
#include "heed/data/sphere/signal_set.h"

namespace heed::sphere {

/// How images become signals on the sphere.
struct ProjectionOptions {
  std::string points = "ico3";  ///< as sphere_points() reads it
  std::string rotate =
      "none";  ///< none, each: every image its own rotation, chunks: one for 500 images in a row, as s2cnn
  std::string sampling = "area";  ///< area, bilinear, s2cnn (see Sampling)
  uint64_t seed = 1;              ///< of the rotations
};
Fields fields(ProjectionOptions& options);

/// All images of a corpus, split by split (train, valid, test), projected by project_image(). Labels and splits stay; images have no names.
/// The rotation of an image follows from the seed, the split and its number there. Shows progress.
SignalSet project_images(const image::ImageCorpus& corpus, const ProjectionOptions& options);

}  // namespace heed::sphere
