// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "heed/tasks/keyed_random.h"

namespace heed::tasks {

/// Shuffles in place. Unlike std::shuffle it gives the same order with every standard library.
template <class T>
void shuffle(std::span<T> values, std::mt19937_64& random) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random() % i]);
}

/// The order in which training visits examples: each once an epoch, in an order that depends on seed and epoch alone.
class EpochOrder {
 public:
  EpochOrder(size_t count, uint64_t seed) : count_(count), seed_(seed) {}

  size_t count() const { return count_; }
  /// Index of the example that training visits at `example`, counted from 0 over all epochs.
  size_t at(int64_t example) {
    const auto count = static_cast<int64_t>(count_);
    begin_epoch(example / count);
    return order_[static_cast<size_t>(example % count)];
  }

 private:
  void begin_epoch(int64_t epoch) {
    if (epoch == epoch_) return;
    order_.resize(count_);
    std::iota(order_.begin(), order_.end(), size_t{0});
    auto random = random_for({seed_, static_cast<uint64_t>(epoch)});
    shuffle(std::span(order_), random);
    epoch_ = epoch;
  }

  size_t count_;
  uint64_t seed_;
  std::vector<size_t> order_;  ///< order of the current epoch
  int64_t epoch_ = -1;
};

}  // namespace heed::tasks
