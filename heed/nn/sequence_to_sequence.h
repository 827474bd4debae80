// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "heed/nn/sequence_model.h"

namespace heed::nn {

/// Sentences to read.
///
/// tokens   [batch, length] int64; what stands past a sentence's end is not looked at
/// lengths  [batch] int64, at least 1 each
struct Source {
  at::Tensor tokens, lengths;
};

/// What a model remembers of its sources and of the targets begun for them: `beams` rows for each sentence,
/// row sentence * beams + beam. All rows advance together; memory is taken once, for `capacity` target tokens
/// a row.
class SourceState {
 public:
  virtual ~SourceState() = default;
  /// Sentence i becomes old sentence sentences[i], and row i old row rows[i], which must be one of that
  /// sentence's. sentences [n] and rows [n * beams] are int64 on the CPU. Sentences that are finished are
  /// left out.
  virtual void reorder(const at::Tensor& sentences, const at::Tensor& rows) = 0;
  virtual int64_t sentences() const = 0;
  virtual int64_t beams() const = 0;
  virtual int64_t length() const = 0;  ///< target tokens consumed so far, the same for each row
};

/// Attention of an encoder-decoder model.
enum class AttentionPart { kEncoder, kDecoder, kCross };

/// What every model that turns one sequence into another offers: a full pass for training and scoring, and
/// steps for decoding. A sentence's numbers do not depend on the sentences beside it: in inference on the CPU
/// not in one bit.
class SequenceToSequenceModel : public torch::nn::Module {
 public:
  /// Logits [batch, target_length, vocabulary] of the token that follows each of target [batch,
  /// target_length], whose first is the begin mark. What follows a target's end changes nothing before it.
  virtual at::Tensor forward(const Source& source, const at::Tensor& target) = 0;

  /// A term that forward() adds to the loss of each target token, such as the load balancing of a mixture of
  /// experts; undefined where there is none. Of the latest forward() alone.
  virtual at::Tensor auxiliary_loss() { return {}; }

  /// Reads the sources; `beams` rows for each.
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
