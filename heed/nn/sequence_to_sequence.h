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

/// Sentences to read.
///
/// tokens   [batch, length] int64; what stands past a sentence's end is not looked at
/// lengths  [batch] int64, at least 1 each
struct Source {
  at::Tensor tokens, lengths;
};

/// What is to be written, as a full pass is shown it.
///
/// tokens   [batch, length] int64, the begin mark first
/// lengths  [batch] int64: tokens of each that are not padding; undefined: all are
///
/// Only auxiliary_loss() looks at the lengths: padding behind a target changes nothing before it.
struct Target {
  at::Tensor tokens, lengths;
};

/// Attention of an encoder-decoder model.
enum class AttentionPart { kEncoder, kDecoder, kCross };

/// What every model that turns one sequence into another offers: a full pass for training and scoring, and
/// steps for decoding. A sentence's numbers do not depend on the sentences beside it: in inference on the CPU
/// not in one bit.
class SequenceToSequenceModel : public Decoder, public KeepsPackedWeights {
 public:
  /// What the output layer turns into logits, [batch, target_length, width], for each token of the target.
  /// What follows a target's end changes nothing before it. Losses are made from this, so that the logits of
  /// a whole batch need not be held.
  virtual at::Tensor features(const Source& source, const Target& target) = 0;
  virtual OutputLayer output_layer() = 0;
  std::vector<PackedWeight*> packed_weights() override;
  /// Logits [..., vocabulary] of features [..., width].
  at::Tensor logits(const at::Tensor& features);
  /// Logits [batch, target_length, vocabulary] of the token that follows each of target [batch,
  /// target_length].
  at::Tensor forward(const Source& source, const at::Tensor& target) {
    return logits(features(source, {target, {}}));
  }

  /// A term that features() adds to the loss of each target token, such as the load balancing of a mixture of
  /// experts; undefined where there is none. Of the latest features() alone, and of no padding.
  virtual at::Tensor auxiliary_loss() { return {}; }

  /// Reads the sources; a row for each, which reorder() may turn into `beams`, of `capacity` target tokens
  /// each.
  virtual std::unique_ptr<DecoderState> start(const Source& source, int64_t beams, int64_t capacity) = 0;

  /// Layers that `trace` can show of a part; 0 where there is no attention.
  virtual int64_t attention_layers(AttentionPart) const { return 0; }
  /// Runs the pair and returns what the attention of `layer` saw; for pictures and alignments.
  virtual AttentionTrace trace(const Source& source, const at::Tensor& target, AttentionPart part,
                               int64_t layer);
};

}  // namespace heed::nn
