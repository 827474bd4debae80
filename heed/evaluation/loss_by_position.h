// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/evaluation/sequence_nll.h"

namespace heed::evaluation {

/// Mean loss against position, over many pieces: shows how a model fares beyond its training length.
class LossByPosition {
 public:
  /// Predictions [begin, end) of the pieces that reach so far.
  struct Bucket {
    int64_t begin = 0, end = 0;
    NllTotal total;
  };

  /// Positions [0, width), [width, 2 * width), ... share a bucket. Throws c10::Error when width < 1.
  explicit LossByPosition(int64_t width);

  /// Adds what token_nll gave for one piece: value i is of the i-th prediction.
  void add(std::span<const double> nll);

  /// In order of position; the last may be reached by few pieces: see its `total.tokens`.
  const std::vector<Bucket>& buckets() const { return buckets_; }

 private:
  int64_t width_;
  std::vector<Bucket> buckets_;
};

}  // namespace heed::evaluation
