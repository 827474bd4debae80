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

/// Input and what should follow each of its tokens; kIgnore where nothing is learned (padding).
struct TokenBatch {
  static constexpr int64_t kIgnore = kIgnoredTarget;
  nn::Sequence input;
  at::Tensor targets;  ///< [batch, length] int64
  TokenBatch to(at::Device device) const;
};

/// A stretch of a piece: tokens[i + 1] follows tokens[i]; the first stands at `position` of its piece.
struct TokenCrop {
  Tokens tokens;
  int64_t position = 0;

  int64_t targets() const { return static_cast<int64_t>(tokens.size()) - 1; }
};

/// One row of a batch: crops side by side that do not see each other.
using TokenRow = std::vector<TokenCrop>;

/// Rows as tensors, `length` targets each, shorter rows padded; the crops of a row become segments.
TokenBatch make_token_batch(const std::vector<TokenRow>& rows, int64_t length);

/// Every token of a piece once, in windows of `window` targets (0: the whole piece) that see nothing before
/// themselves.
std::vector<TokenCrop> token_windows(std::span<const int32_t> piece, int64_t window);

/// Windows for validation: spread evenly to about `tokens` targets (0: all), those of like length together in
/// batches of at most `batch_tokens` targets, padding counted.
std::vector<std::vector<TokenRow>> validation_batches(std::vector<TokenCrop> windows, int64_t tokens,
                                                      int64_t batch_tokens);

struct TokenBatchOptions {
  int64_t crop = 512;      ///< targets of a training example
  int64_t batch_size = 8;  ///< examples
  bool packing = false;    ///< fills the room behind short pieces with further ones
  int64_t period = 1;      ///< tokens that belong together: crops begin at multiples of it
};

/// Training batches as a pure function of (seed, index). Every epoch visits each piece once for each crop
/// that it holds, in an order of (seed, epoch); crops start at random places, so that begin and end marks are
/// seen as often as other tokens.
class TokenBatches {
 public:
  /// Tokens of a piece, marks included, as an example shall see them: changed at random where the task wants
  /// that. Called from whichever thread calls batch().
  using Piece = std::function<Tokens(size_t piece, std::mt19937_64& random)>;

  /// `targets`: of each piece, its tokens and marks less one.
  TokenBatches(const std::vector<int64_t>& targets, Piece piece, const TokenBatchOptions& options,
               uint64_t seed);

  TokenBatch batch(int64_t index);
  int64_t batches_per_epoch() const;
  int64_t tokens_per_batch() const { return options_.batch_size * options_.crop; }

 private:
  static std::vector<size_t> slots_of(const std::vector<int64_t>& targets, int64_t crop);
  TokenCrop crop(size_t piece, std::mt19937_64& random, int64_t length) const;
  TokenRow row(int64_t example);

  Piece piece_;
  TokenBatchOptions options_;
  uint64_t seed_;
  std::vector<size_t> slots_;  ///< piece of each slot
  EpochOrder order_;           ///< of the slots
};

}  // namespace heed::tasks
