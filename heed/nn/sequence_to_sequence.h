// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "heed/nn/decoder.h"
#include "heed/nn/output_layer.h"
#include "heed/nn/sequence_model.h"

namespace heed::nn {

/// Source sentences.
///
/// tokens   [batch, length] int64; tokens past a sentence's end are ignored
/// lengths  [batch] int64, at least 1 each
struct Source {
  at::Tensor tokens, lengths;
};

/// Target sentences for a full pass.
///
/// tokens   [batch, length] int64, starting with the begin mark
/// lengths  [batch] int64: number of tokens that are not padding; undefined: no padding
///
/// Only auxiliary_loss() uses the lengths: padding after a target does not affect its outputs.
struct Target {
  at::Tensor tokens, lengths;
};

/// Attention of an encoder-decoder model.
enum class AttentionPart { kEncoder, kDecoder, kCross };

/// The interface of sequence-to-sequence models: a full pass for training and scoring, and steps for
/// decoding. The results of a sentence do not depend on other sentences; in inference on the CPU they are
/// bit-identical in every batch.
class SequenceToSequenceModel : public Decoder, public KeepsPackedWeights {
 public:
  /// Returns the input of the output layer, [batch, target_length, width], for each token of the target.
  /// Tokens past a target's end do not affect its features. Losses use this to avoid storing the logits of a
  /// whole batch.
  virtual at::Tensor features(const Source& source, const Target& target) = 0;
  virtual OutputLayer output_layer() = 0;
  std::vector<PackedWeight*> packed_weights() override;
  /// Logits [..., vocabulary] of features [..., width].
  at::Tensor logits(const at::Tensor& features);
  /// Logits [batch, target_length, vocabulary] of the token after each token of target [batch,
  /// target_length].
  at::Tensor forward(const Source& source, const at::Tensor& target) {
    return logits(features(source, {target, {}}));
  }

  /// Returns a term that the latest features() adds to the loss of each target token, without padding, such
  /// as the load balancing of a mixture of experts; undefined if there is none.
  virtual at::Tensor auxiliary_loss() { return {}; }

  /// Encodes the sources and returns a state with a row for each. reorder() may expand a row to `beams` rows
  /// of `capacity` target tokens each.
  virtual std::unique_ptr<DecoderState> start(const Source& source, int64_t beams, int64_t capacity) = 0;

  /// Number of layers of a part that `trace` supports; 0 if it has no attention.
  virtual int64_t attention_layers(AttentionPart) const { return 0; }
  /// Runs the pair and returns the queries and keys of `layer`, for drawings and alignments.
  virtual AttentionTrace trace(const Source& source, const at::Tensor& target, AttentionPart part,
                               int64_t layer);
};

}  // namespace heed::nn
