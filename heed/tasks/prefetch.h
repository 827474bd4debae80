// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <utility>

namespace heed::tasks {

/// Batches by index. A thread makes the next one while the last is used. One thread at a time calls `make`, which must
/// live as long as this.
template <class Batch>
class Prefetch {
 public:
  explicit Prefetch(std::function<Batch(int64_t index)> make) : make_(std::move(make)) {}

  Batch take(int64_t index) {
    Batch batch;
    auto next = std::exchange(next_, std::nullopt);  // removed even if it, or making another, throws
    if (next && next->first == index) {
      batch = next->second.get();
    } else {
      if (next) next->second.wait();
      batch = make_(index);
    }
    next_.emplace(index + 1, std::async(std::launch::async, make_, index + 1));
    return batch;
  }

 private:
  std::function<Batch(int64_t)> make_;
  std::optional<std::pair<int64_t, std::future<Batch>>> next_;  // the destructor waits for the thread
};

}  // namespace heed::tasks
