// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace heed::image {

struct ImageSplit {
  std::vector<uint8_t> pixels;  ///< [images, height, width, channels]
  std::vector<int32_t> labels;  ///< [images], places in `classes`; empty where there are no classes
};

/// Pictures of one size, decoded, by split.
struct ImageCorpus {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<std::string> classes;          ///< empty: pictures without classes
  std::map<std::string, ImageSplit> splits;  ///< train, valid, test: those that there are
  int64_t skipped = 0;                       ///< pictures that could not be read or have another size

  int64_t image_bytes() const { return height * width * channels; }
  /// Pictures of a split; 0 when there is no such split.
  int64_t count(const std::string& split) const;
  /// Error(kData) naming the splits there are when it is missing.
  const ImageSplit& split(const std::string& name) const;
};

}  // namespace heed::image
