// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace heed::nn {

/// What a model remembers of the rows that are being decoded: attention caches, recurrent states, what was
/// read. It begins with one row for each input (a piece, a sentence, an image). Rows of different inputs may
/// have consumed different numbers of tokens.
class DecoderState {
 public:
  virtual ~DecoderState() = default;
  /// Row i becomes a copy of old row rows[i]; rows [n] int64 on the CPU. A row that is not named is dropped.
  virtual void reorder(const at::Tensor& rows) = 0;
  virtual int64_t rows() const = 0;

  /// From the next step on, keeps what the step's attention saw of a source. Models with cross attention can;
  /// others throw c10::Error.
  virtual void keep_cross_attention();
  /// Weights [rows, heads, source_length], float32 on the CPU, of the latest step in the last layer of the
  /// decoder, for the rows as they were then; 0 past a source's end. Equal bits in every batch, as the
  /// logits.
  virtual at::Tensor cross_attention() const { return {}; }
};

/// Tokens that the rows of a state consume in one step.
struct StepTokens {
  at::Tensor tokens;            ///< [total] int64, row after row
  std::vector<int64_t> counts;  ///< [rows] tokens of each row, at least one; empty: one each
};

/// What everything in heed/decoding steps: language models, translators, image models.
///
/// In inference in float32 on the CPU a row's logits do not depend on the rows beside it, nor on how a prompt
/// is cut into steps, nor on the number of threads: not in one bit (with RowInvariantScope). In eval mode and
/// without gradient, threads may start and step at once, each on states of its own.
class Decoder : public torch::nn::Module {
 public:
  /// Consumes the tokens and returns logits [rows, vocabulary] of what follows the last token of each row.
  /// The numbers are, within rounding, those of a full pass over all tokens so far. Throws c10::Error beyond
  /// the state's capacity.
  virtual at::Tensor step(const StepTokens& tokens, DecoderState& state) = 0;
  virtual int64_t vocabulary_size() const = 0;
  /// Longest sequence that it can read or write; 0: no bound.
  virtual int64_t max_length() const { return 0; }
};

/// One token of each row that still has one.
struct TokenColumn {
  at::Tensor rows;     ///< [n] int64 on the CPU, ascending; undefined: every row
  at::Tensor tokens;   ///< [n] int64
  at::Tensor queries;  ///< [n] int64 on the CPU: which of the step's tokens they are; undefined: 0, 1, ...
};
/// The tokens of a step, first to last, for models that consume one token of a row at a time. `rows` of the
/// state.
std::vector<TokenColumn> token_columns(const StepTokens& step, int64_t rows);
/// The same for models whose rows must stay side by side: [rows] int64 each. Throws c10::Error when rows
/// consume different numbers of tokens.
std::vector<at::Tensor> even_columns(const StepTokens& step, int64_t rows);

}  // namespace heed::nn
