// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/pair_batches.h"

#include <algorithm>
#include <utility>

#include <ATen/core/Tensor.h>

namespace heed::tasks {
namespace {

constexpr int64_t kPairMarks = 3;

/// Tokens of the target that are kept.
int64_t kept_target(const TaskText& text, int64_t max_tokens) {
  const int64_t room = max_tokens - kPairMarks;
  const int64_t beside = std::max(room - std::ssize(text.source), room / 2);
  return std::min<int64_t>(std::ssize(text.target), beside);
}

}  // namespace

Tokens pair_prompt(const Tokens& source, const PairMarks& marks, int64_t most) {
  TORCH_CHECK(most >= 2, "[language] a prompt needs room for two marks, got ", most);
  const int64_t kept = std::min<int64_t>(std::ssize(source), most - 2);
  Tokens tokens{marks.end_of_text};
  tokens.insert(tokens.end(), source.begin(), source.begin() + kept);
  tokens.push_back(marks.separator);
  return tokens;
}

Tokens joined_pair(const TaskText& text, const PairMarks& marks, int64_t max_tokens, int64_t& prompt) {
  const int64_t target = kept_target(text, max_tokens);
  Tokens tokens = pair_prompt(text.source, marks, max_tokens - target - 1);
  prompt = std::ssize(tokens);
  tokens.insert(tokens.end(), text.target.begin(), text.target.begin() + target);
  tokens.push_back(marks.end_of_text);
  return tokens;
}

std::vector<int64_t> pair_lengths(const std::vector<TaskText>& texts, int64_t max_tokens) {
  std::vector<int64_t> lengths;
  for (const auto& text : texts)
    lengths.push_back(std::min(std::ssize(text.source) + std::ssize(text.target) + kPairMarks, max_tokens));
  return lengths;
}

TokenBatch make_pair_batch(const std::vector<TaskText>& texts, std::span<const size_t> rows,
                           const PairMarks& marks, int64_t max_tokens, bool learn_source) {
  std::vector<TokenRow> joined;
  std::vector<int64_t> prompts;
  int64_t longest = 1;
  for (const size_t row : rows) {
    joined.push_back({{joined_pair(texts[row], marks, max_tokens, prompts.emplace_back()), 0}});
    longest = std::max(longest, joined.back().front().targets());
  }
  TokenBatch batch = make_token_batch(joined, longest);
  if (learn_source) return batch;
  for (size_t r = 0; r < prompts.size(); ++r)
    batch.targets.select(0, static_cast<int64_t>(r)).narrow(0, 0, prompts[r] - 1).fill_(TokenBatch::kIgnore);
  return batch;
}

}  // namespace heed::tasks
