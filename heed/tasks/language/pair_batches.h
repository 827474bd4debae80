// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/tasks/token_batches.h"

namespace heed::tasks {

/// A text and what a model shall make of it, in tokens: a question and its answer, an article and its summary.
struct TaskText {
  Tokens source, target;
};

/// Tokens that frame a source and its target: end of text, source, separator, target, end of text.
struct PairMarks {
  int32_t end_of_text = 0, separator = 0;
};

/// The tokens that a model reads before it writes the target, at most `most` of them: the end of the source is
/// cut off. Throws c10::Error for `most` below 2.
Tokens pair_prompt(const Tokens& source, const PairMarks& marks, int64_t most);
/// Source and target with marks, at most `max_tokens` tokens: a target keeps half of them, a source what is
/// left. `prompt` receives the number of tokens up to the separator.
Tokens joined_pair(const TaskText& text, const PairMarks& marks, int64_t max_tokens, int64_t& prompt);
/// Tokens with marks, cut: lengths for batches.
std::vector<int64_t> pair_lengths(const std::vector<TaskText>& texts, int64_t max_tokens);

/// A row for each text, padded on the right. Targets are the tokens after the separator and, with
/// `learn_source`, those before it too.
TokenBatch make_pair_batch(const std::vector<TaskText>& texts, std::span<const size_t> rows,
                           const PairMarks& marks, int64_t max_tokens, bool learn_source);

}  // namespace heed::tasks
