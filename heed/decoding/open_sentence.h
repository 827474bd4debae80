// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/nn/sequence_to_sequence.h"

namespace heed::decoding {

/// What one row's step attended to in the source: weights [heads, positions].
struct StepAttention {
  std::span<const float> weights;
  size_t positions = 1;
};

/// One sentence while its translations are decoded, `rows` of them side by side. What beam search and
/// sampling differ in stands behind this; decode_sentences() does the rest.
class OpenSentence {
 public:
  OpenSentence(int64_t rows, int64_t begin)
      : next_(static_cast<size_t>(rows), begin), parents_(static_cast<size_t>(rows), 0) {}
  virtual ~OpenSentence() = default;

  /// Logits [vocabulary] of what follows one of the rows; before the first choice all rows are alike, and
  /// given the same. Other rows may be read at the same time.
  virtual void read(int64_t row, std::span<const float> logits) = 0;
  /// Whether look() is to be called before each read(), with the attention that led to the logits.
  virtual bool wants_attention() const { return false; }
  virtual void look(int64_t /*row*/, const StepAttention&) {}
  /// After every row was read: settles the next token of each row, and which row it continues.
  virtual void choose() = 0;
  virtual bool done() const = 0;

  const std::vector<int64_t>& next() const { return next_; }
  const std::vector<int64_t>& parents() const { return parents_; }

 protected:
  std::vector<int64_t> next_;     // tokens [rows]; anything where nobody reads the row
  std::vector<int64_t> parents_;  // [rows]; row 0 where nobody reads the row
};

/// Decodes the sentences of one batch, `rows` each, until all are done; those that are leave the batch. In
/// eval mode, without gradient, on the device of the weights, with room for `capacity` tokens a row. What one
/// sentence does depends on no other, as long as the model's numbers do not; so on the CPU threads take a
/// share of a large batch each, and need not wait for one another at every product.
void decode_sentences(nn::SequenceToSequenceModel& model, const nn::Source& source, int64_t rows,
                      int64_t capacity, const std::vector<OpenSentence*>& open);

}  // namespace heed::decoding
