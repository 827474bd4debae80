// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/data/text/token_stream.h"
#include "heed/tasks/epoch_order.h"
#include "heed/tasks/token_batches.h"

namespace heed::tasks {

/// Crops of a stream of tokens, which may run across documents. An epoch visits every token once, but for
/// fewer than a crop at both ends: its crops follow each other from a start that is drawn for the epoch, and
/// come in an order that depends on (seed, epoch). Positions count from 0 in each crop.
class StreamBatches : public BatchSource {
 public:
  /// A stream shorter than a crop is one crop. Throws Error(kData) for a stream without a target.
  StreamBatches(text::TokenStream stream, int64_t crop, int64_t batch_size, uint64_t seed);

  TokenBatch batch(int64_t index) override;
  int64_t batches_per_epoch() const override;
  int64_t tokens_per_batch() const override { return crop_ * batch_size_; }

 private:
  TokenCrop crop(int64_t example);

  text::TokenStream stream_;
  int64_t crop_, batch_size_;
  uint64_t seed_;
  int64_t room_ = 0;  ///< starts that an epoch may be drawn from
  EpochOrder order_;
};

/// Every target of a stream once, in crops of at most `window` targets; about `tokens` of them (0: all), taken
/// evenly from everywhere.
std::vector<TokenCrop> stream_windows(const text::TokenStream& stream, int64_t window, int64_t tokens);

}  // namespace heed::tasks
