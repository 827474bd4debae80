// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/length_buckets.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "heed/core/error.h"
#include "heed/tasks/epoch_order.h"
#include "heed/tasks/keyed_random.h"

namespace heed::tasks {
namespace {

constexpr size_t kBatchesSorted = 32;  ///< batches of a stretch that is sorted by length

void sort_by_length(std::span<size_t> examples, const std::vector<int64_t>& lengths) {
  std::stable_sort(examples.begin(), examples.end(),
                   [&](size_t a, size_t b) { return lengths[a] < lengths[b]; });
}

std::vector<std::vector<size_t>> cut(std::span<const size_t> examples, size_t size) {
  std::vector<std::vector<size_t>> batches;
  for (size_t begin = 0; begin < examples.size(); begin += size) {
    const auto batch = examples.subspan(begin, std::min(size, examples.size() - begin));
    batches.emplace_back(batch.begin(), batch.end());
  }
  return batches;
}

std::vector<size_t> numbered(size_t count) {
  std::vector<size_t> examples(count);
  std::iota(examples.begin(), examples.end(), size_t{0});
  return examples;
}

}  // namespace

LengthBuckets::LengthBuckets(std::vector<int64_t> lengths, int64_t batch_size, uint64_t seed)
    : lengths_(std::move(lengths)), batch_size_(batch_size), seed_(seed) {
  if (lengths_.empty()) throw Error(ErrorKind::kData, "there are no examples to train on");
}

int64_t LengthBuckets::batches_per_epoch() const {
  return (std::ssize(lengths_) + batch_size_ - 1) / batch_size_;
}

void LengthBuckets::begin_epoch(int64_t epoch) {
  if (epoch == epoch_) return;
  constexpr uint64_t kBuckets = 3;
  auto random = random_for({seed_, static_cast<uint64_t>(epoch), kBuckets});
  auto examples = numbered(lengths_.size());
  shuffle(std::span(examples), random);
  const auto size = static_cast<size_t>(batch_size_), stretch = size * kBatchesSorted;
  for (size_t begin = 0; begin < examples.size(); begin += stretch) {
    const size_t count = std::min(stretch, examples.size() - begin);
    sort_by_length(std::span(examples).subspan(begin, count), lengths_);
  }
  batches_ = cut(examples, size);
  shuffle(std::span(batches_), random);
  epoch_ = epoch;
}

std::vector<size_t> LengthBuckets::batch(int64_t index) {
  begin_epoch(index / batches_per_epoch());
  return batches_[static_cast<size_t>(index % batches_per_epoch())];
}

std::vector<std::vector<size_t>> batches_by_length(const std::vector<int64_t>& lengths, int64_t batch_size) {
  auto examples = numbered(lengths.size());
  sort_by_length(examples, lengths);
  return cut(examples, static_cast<size_t>(batch_size));
}

}  // namespace heed::tasks
