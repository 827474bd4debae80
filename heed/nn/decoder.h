// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace heed::nn {

/// A model's state for the rows that are being decoded: attention caches, recurrent states, encoder output.
/// It starts with one row per input (a piece, a sentence, an image). Rows of different inputs may have
/// consumed different numbers of tokens.
class DecoderState {
 public:
  virtual ~DecoderState() = default;
  /// Row i becomes a copy of the old row rows[i]; rows [n] int64 on the CPU. Rows that are not listed are
  /// dropped.
  virtual void reorder(const at::Tensor& rows) = 0;
  virtual int64_t rows() const = 0;

  /// Lets each row drop up to `tokens` of its latest tokens from now on. Call it before the first step. Throws
  /// c10::Error for states that cannot forget tokens.
  virtual void allow_drops(int64_t tokens);
  /// Row i forgets its latest counts[i] tokens, [rows]: whatever follows has the same bits as if it had never consumed
  /// them. Throws c10::Error if a row has not consumed as many, or may not drop as many.
  virtual void drop_last(at::IntArrayRef counts);

  /// Keeps the cross-attention weights of every following step. Throws c10::Error for models without cross
  /// attention.
  virtual void keep_cross_attention();
  /// Cross-attention weights [rows, heads, source_length], float32 on the CPU, of the latest step in the
  /// decoder's last layer, for the rows at that time; 0 past a source's end. The same bits in every batch,
  /// like the logits.
  virtual at::Tensor cross_attention() const { return {}; }
};

/// The tokens that the rows of a state consume in one step.
struct StepTokens {
  at::Tensor tokens;            ///< [total] int64, concatenated row by row
  std::vector<int64_t> counts;  ///< [rows] numbers of tokens, at least 1; empty: 1 for each row
  /// [rows] numbers of logits that the step returns: of a row's last wanted[i] tokens, from 1 to counts[i]. Empty: 1 for
  /// each row. Only sequence models and the Transformer of translation return more.
  std::vector<int64_t> wanted = {};
};
/// Returns the indices among the step's tokens whose logits are wanted, int64 on the CPU; undefined: of every token.
/// Throws c10::Error if `wanted` does not fit the counts.
at::Tensor wanted_tokens(const StepTokens& step, int64_t rows);

/// The interface from models to heed/decoding: language models, translators, image models.
///
/// In float32 inference on the CPU (with RowInvariantScope) a row's logits are the same bits whatever the
/// other rows, the steps into which a prompt is cut, and the number of threads. In eval mode and without
/// gradients, several threads may start and step at once, each with its own states.
class Decoder : public torch::nn::Module {
 public:
  /// Consumes the tokens and returns logits [rows, vocabulary] for the token after each row's last one, or after the
  /// last few: [sum of wanted, vocabulary], row after row. They equal, within rounding, those of a full pass over all
  /// tokens so far. Throws c10::Error beyond the state's capacity.
  virtual at::Tensor step(const StepTokens& tokens, DecoderState& state) = 0;
  virtual int64_t vocabulary_size() const = 0;
  /// Maximum length of a sequence that the model can read or write; 0: unlimited.
  virtual int64_t max_length() const { return 0; }
};

/// One token of each row that has tokens left in a step.
struct TokenColumn {
  at::Tensor rows;     ///< [n] int64 on the CPU, ascending; undefined: every row
  at::Tensor tokens;   ///< [n] int64
  at::Tensor queries;  ///< [n] int64 on the CPU: indices among the step's tokens; undefined: 0, 1, ...
};
/// Splits a step into columns, first to last, for models that consume one token per row at a time. `rows` is
/// the state's number of rows.
std::vector<TokenColumn> token_columns(const StepTokens& step, int64_t rows);
/// Does the same for models whose rows must advance together and that return one logit row each: [rows] int64 each.
/// Throws c10::Error if rows have different numbers of tokens, or want more logits.
std::vector<at::Tensor> even_columns(const StepTokens& step, int64_t rows);

}  // namespace heed::nn
