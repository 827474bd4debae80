// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heed::tasks {

/// Batches of examples of similar length, so that little of a batch is padding. An epoch visits every example
/// once, in batches and an order that depend on (seed, epoch) alone: it shuffles the examples, sorts stretches of
/// some batches by length, cuts them into batches, and shuffles those. The last batch of an epoch may be smaller.
class LengthBuckets {
 public:
  LengthBuckets(std::vector<int64_t> lengths, int64_t batch_size, uint64_t seed);

  int64_t batches_per_epoch() const;
  /// Examples of the batch that training uses at `index`, counted from 0 over all epochs.
  std::vector<size_t> batch(int64_t index);

 private:
  void begin_epoch(int64_t epoch);

  std::vector<int64_t> lengths_;
  int64_t batch_size_;
  uint64_t seed_;
  std::vector<std::vector<size_t>> batches_;  ///< of the current epoch
  int64_t epoch_ = -1;
};

/// Examples from short to long in batches of at most `batch_size`, for scoring all of them.
std::vector<std::vector<size_t>> batches_by_length(const std::vector<int64_t>& lengths, int64_t batch_size);

}  // namespace heed::tasks
