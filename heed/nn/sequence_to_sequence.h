// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "heed/nn/linear.h"
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

/// What a model remembers of its sources and of the targets begun for them. It begins with a row for each
/// sentence; beams come from reordering. All rows advance together; memory is taken once, for `beams` rows a
/// sentence of `capacity` target tokens each.
class SourceState {
 public:
  virtual ~SourceState() = default;
  /// Row i becomes a copy of old row rows[i], whose sentence it goes on with; rows [n] int64 on the CPU, n at
  /// most sentences * beams. What is finished is left out.
  virtual void reorder(const at::Tensor& rows) = 0;
  virtual int64_t length() const = 0;  ///< target tokens consumed so far, the same for each row

  /// From the next step on, keeps what the step's attention saw of the source. Models with cross attention
  /// can (attention_layers), others throw c10::Error.
  virtual void keep_cross_attention();
  /// Weights [rows, heads, source_length], float32 on the CPU, of the latest step in the decoder's last
  /// layer, its rows as they were then; 0 past a sentence's end. The same bits in every batch, as the logits.
  virtual at::Tensor cross_attention() const { return {}; }
};

/// The last layer of a model: logits are features weight^T + bias.
struct OutputLayer {
  at::Tensor weight;               ///< [vocabulary, width]
  at::Tensor bias;                 ///< [vocabulary] or undefined
  PackedWeight* packed = nullptr;  ///< where the model keeps the weight's packed form
};

/// Attention of an encoder-decoder model.
enum class AttentionPart { kEncoder, kDecoder, kCross };

/// What every model that turns one sequence into another offers: a full pass for training and scoring, and
/// steps for decoding. A sentence's numbers do not depend on the sentences beside it: in inference on the CPU
/// not in one bit. In eval mode, without gradient, threads may start and step at once, each on states of its
/// own.
class SequenceToSequenceModel : public torch::nn::Module, public KeepsPackedWeights {
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

  /// Reads the sources; a row for each, which may become `beams`.
  virtual std::unique_ptr<SourceState> start(const Source& source, int64_t beams, int64_t capacity) = 0;

  /// Consumes one token of every row, tokens [rows] int64, and returns logits [rows, vocabulary] of the next.
  /// The same numbers, within rounding, as forward() on all tokens so far. Throws c10::Error beyond the
  /// capacity.
  virtual at::Tensor step(const at::Tensor& tokens, SourceState& state) = 0;

  virtual int64_t vocabulary_size() const = 0;
  /// Longest sequence it can read or write; 0: no bound.
  virtual int64_t max_length() const { return 0; }
  /// Layers that `trace` can show of a part; 0 where there is no attention.
  virtual int64_t attention_layers(AttentionPart) const { return 0; }
  /// Runs the pair and returns what the attention of `layer` saw; for pictures and alignments.
  virtual AttentionTrace trace(const Source& source, const at::Tensor& target, AttentionPart part,
                               int64_t layer);
};

}  // namespace heed::nn
