// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/nn/sequence_model.h"
#include "heed/tasks/epoch_order.h"
#include "heed/tasks/token_loss.h"

namespace heed::tasks {

using Tokens = std::vector<int32_t>;

/// Input tokens and the target of each; kIgnore where there is none (padding).
struct TokenBatch {
  static constexpr int64_t kIgnore = kIgnoredTarget;
  nn::Sequence input;
  at::Tensor targets;  ///< [batch, length] int64
  TokenBatch to(at::Device device) const;
};

/// A stretch of a piece: tokens[i + 1] is the target of tokens[i]. `position` is that of the first token in its piece.
struct TokenCrop {
  Tokens tokens;
  int64_t position = 0;

  int64_t targets() const { return static_cast<int64_t>(tokens.size()) - 1; }
};

/// One row of a batch: crops one after another that do not attend to each other.
using TokenRow = std::vector<TokenCrop>;

/// Rows as tensors with `length` targets each. Shorter rows are padded; the crops of a row become segments.
TokenBatch make_token_batch(const std::vector<TokenRow>& rows, int64_t length);

/// Every token of a piece once, in windows of `window` targets (0: the whole piece) without context before them.
std::vector<TokenCrop> token_windows(std::span<const int32_t> piece, int64_t window);

/// Windows for validation: about `tokens` targets (0: all), taken evenly from everywhere. Windows of similar length share
/// batches of at most `batch_tokens` targets, padding included.
std::vector<std::vector<TokenRow>> validation_batches(std::vector<TokenCrop> windows, int64_t tokens,
                                                      int64_t batch_tokens);

/// Training batches, a pure function of the index: one of the pieces of a corpus, one of a stream.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  /// Called from one thread at a time.
  virtual TokenBatch batch(int64_t index) = 0;
  virtual int64_t batches_per_epoch() const = 0;
  virtual int64_t tokens_per_batch() const = 0;
};

struct TokenBatchOptions {
  int64_t crop = 512;      ///< targets of a training example
  int64_t batch_size = 8;  ///< examples
  bool packing = false;    ///< fill rows of short pieces with further pieces
  int64_t period = 1;      ///< tokens of a step: crops begin at multiples of it
};

/// Training batches that depend on (seed, index) alone. Every epoch visits a piece as often as crops fit into it, in an
/// order that depends on (seed, epoch). Crops start at random, so that begin and end marks occur as often as other tokens.
class TokenBatches : public BatchSource {
 public:
  /// Tokens of a piece for one example, marks included, augmented at random if the task does that. Called from the
  /// thread that calls batch().
  using Piece = std::function<Tokens(size_t piece, std::mt19937_64& random)>;

  /// `targets` is the number of targets of each piece: its tokens and marks less one.
  TokenBatches(const std::vector<int64_t>& targets, Piece piece, const TokenBatchOptions& options,
               uint64_t seed);

  TokenBatch batch(int64_t index) override;
  int64_t batches_per_epoch() const override;
  int64_t tokens_per_batch() const override { return options_.batch_size * options_.crop; }

 private:
  static std::vector<size_t> slots_of(const std::vector<int64_t>& targets, int64_t crop);
  TokenCrop crop(size_t piece, std::mt19937_64& random, int64_t length) const;
  TokenRow row(int64_t example);

  Piece piece_;
  TokenBatchOptions options_;
  uint64_t seed_;
  std::vector<size_t> slots_;  ///< piece of each slot
  EpochOrder order_;           ///< order of the slots
};

}  // namespace heed::tasks
