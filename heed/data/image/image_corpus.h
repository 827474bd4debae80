// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace heed::image {

struct ImageSplit {
  std::vector<uint8_t> pixels;  ///< [images, height, width, channels]
  std::vector<int32_t> labels;  ///< [images], indices in `classes`; empty if there are no classes
};

/// Decoded images of one size, by split.
struct ImageCorpus {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<std::string> classes;          ///< names of the classes; empty if the images have none
  std::map<std::string, ImageSplit> splits;  ///< keys train, valid and test, as far as present
  int64_t skipped = 0;                       ///< number of images that are unreadable or have another size

  int64_t image_bytes() const { return height * width * channels; }
  /// Returns the number of images in a split; 0 if there is no such split.
  int64_t count(const std::string& split) const;
  /// Returns a split. Throws Error(kData), with the available splits, if it is missing.
  const ImageSplit& split(const std::string& name) const;
};

}  // namespace heed::image
