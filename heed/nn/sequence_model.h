// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "heed/attention/attention.h"
#include "heed/nn/decoder.h"
#include "heed/nn/output_layer.h"

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

/// Queries and keys of one layer as its attention sees them, kept on request for pictures. Of a score that is
/// no product of two vectors, what gives the same: a query is its row of scores, and key s the s-th unit
/// vector.
struct AttentionTrace {
  at::Tensor query, key;  ///< [batch, heads, length, head_dim]
  attention::Spec spec;
};

/// What every autoregressive model of tokens offers: a full pass for training and scoring, and steps for
/// decoding.
class SequenceModel : public Decoder, public KeepsPackedWeights {
 public:
  /// What the output layer turns into logits of the token that follows each position, [batch, length, width].
  /// Losses are made from this, so that the logits of a whole batch need not be held.
  virtual at::Tensor features(const Sequence& input) = 0;
  virtual OutputLayer output_layer() = 0;
  std::vector<PackedWeight*> packed_weights() override;
  /// Logits [..., vocabulary] of features [..., width].
  at::Tensor logits(const at::Tensor& features);
  /// Logits [batch, length, vocabulary] of the token that follows each position.
  at::Tensor forward(const Sequence& input) { return logits(features(input)); }

  /// State for `rows` rows of at most `capacity` tokens each.
  virtual std::unique_ptr<DecoderState> start(int64_t rows, int64_t capacity) = 0;

  /// Attention layers that `trace` can show; 0 for models without attention.
  virtual int64_t attention_layers() const { return 0; }
  /// Runs `input` and returns what the attention of `layer` saw.
  virtual AttentionTrace trace(const Sequence& input, int64_t layer);
};

/// Number of trainable values.
int64_t parameter_count(const torch::nn::Module& module);

}  // namespace heed::nn
