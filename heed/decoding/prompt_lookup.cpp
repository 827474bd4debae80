// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/prompt_lookup.h"

#include <algorithm>

#include <c10/util/Exception.h>

namespace heed::decoding {
namespace {

constexpr size_t kLongestMatch = 16;

/// Returns how many of the tokens before `end` equal those at the end of the text, up to kLongestMatch.
size_t match_length(std::span<const int64_t> text, size_t end) {
  const size_t most = std::min(end, kLongestMatch);
  size_t length = 0;
  while (length < most && text[end - 1 - length] == text[text.size() - 1 - length]) ++length;
  return length;
}

}  // namespace

std::vector<int64_t> look_up(std::span<const int64_t> text, int64_t min_match, int64_t most) {
  size_t best = 0, best_end = 0;
  for (size_t end = text.size(); end-- > 1 && best < kLongestMatch;) {
    const size_t length = match_length(text, end);
    if (length <= best) continue;
    best = length;
    best_end = end;
  }
  if (best < static_cast<size_t>(min_match)) return {};
  const size_t count = std::min(text.size() - best_end, static_cast<size_t>(most));
  const auto from = text.begin() + static_cast<std::ptrdiff_t>(best_end);
  return {from, from + static_cast<std::ptrdiff_t>(count)};
}

PromptLookup::PromptLookup(int64_t guesses, int64_t min_match) : guesses_(guesses), min_match_(min_match) {
  TORCH_CHECK(guesses >= 1 && min_match >= 1,
              "[prompt_lookup] guesses and min_match must be at least 1, got ", guesses, " and ", min_match);
}

std::vector<std::vector<int64_t>> PromptLookup::propose(const std::vector<OpenText>& texts) {
  std::vector<std::vector<int64_t>> guesses;
  for (const OpenText& open : texts) guesses.push_back(look_up(open.text, min_match_, open.most));
  return guesses;
}

}  // namespace heed::decoding
