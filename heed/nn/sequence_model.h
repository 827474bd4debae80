// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "heed/attention/attention.h"

namespace heed::nn {

/// Tokens for a full pass of an autoregressive model.
///
/// tokens     [batch, length] int64
/// positions  [batch, length] int64: the place of each token in its piece. Absent: 0, 1, 2, ...
/// segments   [batch, length] int64: which packed piece a token belongs to; a token sees only its own piece.
/// Absent: one.
struct Sequence {
  at::Tensor tokens;
  std::optional<at::Tensor> positions, segments;
};

/// What a model remembers between steps of decoding (attention caches, recurrent state). Preallocated for
/// `capacity` tokens per row where the model keeps every token. All rows advance together.
class DecodingState {
 public:
  virtual ~DecodingState() = default;
  /// Row i becomes a copy of old row order[i]; for beams, and for dropping finished rows. order [rows] int64.
  virtual void reorder(const at::Tensor& order) = 0;
  virtual int64_t batch() const = 0;
  virtual int64_t length() const = 0;  ///< tokens consumed so far, the same for each row
};

/// Queries and keys of one layer as its attention sees them, kept on request for pictures. Of a score that is
/// no product of two vectors, what gives the same: a query is its row of scores, and key s the s-th unit
/// vector.
struct AttentionTrace {
  at::Tensor query, key;  ///< [batch, heads, length, head_dim]
  attention::Spec spec;
};

/// What every autoregressive model offers: a full pass for training and scoring, and steps for decoding.
class SequenceModel : public torch::nn::Module {
 public:
  /// Logits [batch, length, vocabulary] of the token that follows each position.
  virtual at::Tensor forward(const Sequence& input) = 0;

  /// State for `batch` rows of at most `capacity` tokens each.
  virtual std::unique_ptr<DecodingState> start(int64_t batch, int64_t capacity) = 0;

  /// Consumes tokens [batch, count] and returns logits [batch, vocabulary] of what follows the last of them.
  /// The same numbers, within rounding, as forward() on all tokens so far. Throws c10::Error beyond the
  /// capacity.
  virtual at::Tensor step(const at::Tensor& tokens, DecodingState& state) = 0;

  virtual int64_t vocabulary_size() const = 0;
  /// Attention layers that `trace` can show; 0 for models without attention.
  virtual int64_t attention_layers() const { return 0; }
  /// Runs `input` and returns what the attention of `layer` saw.
  virtual AttentionTrace trace(const Sequence& input, int64_t layer);
};

/// Number of trainable values.
int64_t parameter_count(const torch::nn::Module& module);

}  // namespace heed::nn
