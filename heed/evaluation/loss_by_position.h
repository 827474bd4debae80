// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/evaluation/sequence_nll.h"

namespace heed::evaluation {

/// Mean loss by position, over many pieces: shows how a model generalises beyond its training length.
class LossByPosition {
 public:
  /// Predictions [begin, end) of the pieces that are long enough.
  struct Bucket {
    int64_t begin = 0, end = 0;
    NllTotal total;
  };

  /// Groups positions into [0, width), [width, 2 * width), ... Throws c10::Error if width < 1.
  explicit LossByPosition(int64_t width);

  /// Adds the result of token_nll for a piece: value i belongs to prediction i.
  void add(std::span<const double> nll);

  /// Buckets in order of position. Few pieces may reach the last: see its `total.tokens`.
  const std::vector<Bucket>& buckets() const { return buckets_; }

 private:
  int64_t width_;
  std::vector<Bucket> buckets_;
};

}  // namespace heed::evaluation
