// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/nn/sequence_model.h"
#include "heed/tasks/token_batches.h"

namespace heed::tasks {

/// Tokens that frame a text: start, text, [delimiter, second text,] classify.
struct ClassifierMarks {
  int32_t start = 0, delimiter = 0, classify = 0;
};

/// A text, or a pair, in tokens without marks.
struct EncodedText {
  Tokens text, pair;
  int64_t label = -1;  ///< number of the class; -1: not known
};

/// Tokens with marks, at most `max_tokens` of them: the longer text of a pair loses its end first. `swapped`
/// puts the second text first.
Tokens framed(const EncodedText& text, const ClassifierMarks& marks, int64_t max_tokens,
              bool swapped = false);
/// Whether framed() leaves tokens out.
bool is_cut(const EncodedText& text, int64_t max_tokens);
/// Number of tokens with marks, uncut.
int64_t framed_length(const EncodedText& text);

/// Rows of tokens, padded on the right, where an autoregressive model does not see it.
struct ClassificationBatch {
  nn::Sequence input;
  at::Tensor places;   ///< [rows] int64: position of the classify token
  at::Tensor targets;  ///< [rows, length] int64: the next token; kIgnoredTarget after the last
  at::Tensor labels;   ///< [examples] int64
  ClassificationBatch to(at::Device device) const;
};

/// A row for each example; with `both_orders` then a row for each with the texts swapped.
ClassificationBatch make_classification_batch(const std::vector<EncodedText>& texts,
                                              std::span<const size_t> examples, const ClassifierMarks& marks,
                                              int64_t max_tokens, bool both_orders);

}  // namespace heed::tasks
