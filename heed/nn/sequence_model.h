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
/// positions  [batch, length] int64: position of each token in its piece; absent: 0, 1, 2, ...
/// segments   [batch, length] int64: index of the packed piece that a token belongs to; absent: one piece.
///            A token sees only its own piece.
struct Sequence {
  at::Tensor tokens;
  std::optional<at::Tensor> positions, segments;
};

/// Queries and keys of a layer's attention, recorded on request for drawings. If a score is not a dot
/// product, an equivalent pair is recorded: a query is its row of scores, and key s is the s-th unit vector.
struct AttentionTrace {
  at::Tensor query, key;  ///< [batch, heads, length, head_dim]
  attention::Spec spec;
};

/// The interface of autoregressive token models: a full pass for training and scoring, and steps for
/// decoding.
class SequenceModel : public Decoder, public KeepsPackedWeights {
 public:
  /// Returns the input of the output layer, [batch, length, width]; each position predicts the token after
  /// it. Losses use this to avoid storing the logits of a whole batch.
  virtual at::Tensor features(const Sequence& input) = 0;
  virtual OutputLayer output_layer() = 0;
  /// What the model adds to the loss per target, of its latest features() in training; undefined: nothing.
  virtual at::Tensor auxiliary_loss() { return {}; }
  std::vector<PackedWeight*> packed_weights() override;
  /// Logits [..., vocabulary] of features [..., width].
  at::Tensor logits(const at::Tensor& features);
  /// Logits [batch, length, vocabulary] of the token after each position.
  at::Tensor forward(const Sequence& input) { return logits(features(input)); }

  /// Returns a state for `rows` rows of at most `capacity` tokens each.
  virtual std::unique_ptr<DecoderState> start(int64_t rows, int64_t capacity) = 0;
  /// Returns a state that begins with a row for each input. Up to `rows_per_input` rows may come to continue an input
  /// (the beams of a prompt). Throws c10::Error for models without beams.
  virtual std::unique_ptr<DecoderState> start_beams(int64_t inputs, int64_t rows_per_input, int64_t capacity);

  /// Number of attention layers that `trace` supports; 0 for models without attention.
  virtual int64_t attention_layers() const { return 0; }
  /// Runs `input` and returns the queries and keys of `layer`.
  virtual AttentionTrace trace(const Sequence& input, int64_t layer);
};

/// Returns the number of trainable values.
int64_t parameter_count(const torch::nn::Module& module);

}  // namespace heed::nn
