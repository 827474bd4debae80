// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/stream_batches.h"

#include <algorithm>
#include <utility>

#include "heed/core/error.h"
#include "heed/tasks/keyed_random.h"

namespace heed::tasks {
namespace {

TokenCrop copy_crop(const text::TokenStream& stream, int64_t begin, int64_t targets) {
  TokenCrop crop;
  crop.tokens.resize(static_cast<size_t>(targets + 1));
  stream.copy(begin, crop.tokens);
  return crop;
}

int64_t checked_targets(const text::TokenStream& stream) {
  if (stream.size() < 2) throw Error(ErrorKind::kData, "the text is empty");
  return stream.size() - 1;
}

/// Crops of an epoch, whatever its start, with at least a crop's length to draw the start from.
size_t crops_of(int64_t targets, int64_t crop) {
  return static_cast<size_t>(std::max<int64_t>(1, (targets - crop + 1) / crop));
}

}  // namespace

StreamBatches::StreamBatches(text::TokenStream stream, int64_t crop, int64_t batch_size, uint64_t seed)
    : stream_(std::move(stream)),
      crop_(std::min(crop, checked_targets(stream_))),
      batch_size_(batch_size),
      seed_(seed),
      order_(crops_of(stream_.size() - 1, crop_), seed) {
  const auto crops = static_cast<int64_t>(order_.count());
  room_ = stream_.size() - crops * crop_;
}

int64_t StreamBatches::batches_per_epoch() const {
  return std::max<int64_t>(1, static_cast<int64_t>(order_.count()) / batch_size_);
}

TokenCrop StreamBatches::crop(int64_t example) {
  constexpr uint64_t kStarts = 2;
  const auto epoch = static_cast<uint64_t>(example) / order_.count();
  const auto start =
      static_cast<int64_t>(random_for({seed_, epoch, kStarts})() % static_cast<uint64_t>(room_));
  return copy_crop(stream_, start + static_cast<int64_t>(order_.at(example)) * crop_, crop_);
}

TokenBatch StreamBatches::batch(int64_t index) {
  std::vector<TokenRow> rows;
  for (int64_t r = 0; r < batch_size_; ++r) rows.push_back({crop(index * batch_size_ + r)});
  return make_token_batch(rows, crop_);
}

std::vector<TokenCrop> stream_windows(const text::TokenStream& stream, int64_t window, int64_t tokens) {
  const int64_t targets = checked_targets(stream);
  window = std::min(window, targets);
  const int64_t all = (targets + window - 1) / window;
  const int64_t wanted = tokens <= 0 ? all : std::clamp<int64_t>(tokens / window, 1, all);
  std::vector<TokenCrop> windows;
  for (int64_t i = 0; i < wanted; ++i) {
    const int64_t begin = i * all / wanted * window;
    windows.push_back(copy_crop(stream, begin, std::min(window, targets - begin)));
  }
  return windows;
}

}  // namespace heed::tasks
