// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace heed::image {

/// Counts the sizes of images.
class SizeCensus {
 public:
  using Size = std::pair<int64_t, int64_t>;  ///< height, width

  void add(Size size) { ++counts_[size]; }
  int64_t images() const;
  /// The size of most images; of equally frequent ones the largest. There must be an image.
  Size most_frequent() const;
  /// Images of another size than the most frequent one.
  int64_t others() const;
  /// "36 images of 12 sizes, most 4032 x 3024 (20)".
  std::string summary() const;

 private:
  std::map<Size, int64_t> counts_;
};

}  // namespace heed::image
