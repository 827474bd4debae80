// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/repetition.h"

#include <algorithm>

namespace heed::decoding {
namespace {

constexpr size_t kLongestLoop = 8;

/// Returns how many tokens at the end equal the token `period` before them; counts up to `enough`.
size_t repeated(std::span<const int64_t> tokens, size_t period, size_t enough) {
  size_t count = 0;
  for (size_t i = tokens.size(); i-- > period && count < enough; ++count)
    if (tokens[i] != tokens[i - period]) break;
  return count;
}

}  // namespace

void append_repeating_tokens(std::span<const int64_t> tokens, int64_t ngram,
                             std::vector<int64_t>& forbidden) {
  const auto before = static_cast<size_t>(ngram - 1);  // tokens of an n-gram except the last
  if (ngram < 1 || tokens.size() <= before) return;
  const auto ending = tokens.last(before);
  for (size_t start = 0; start + before < tokens.size(); ++start)
    if (std::equal(ending.begin(), ending.end(), tokens.begin() + static_cast<std::ptrdiff_t>(start)))
      forbidden.push_back(tokens[start + before]);
}

bool ends_in_loop(std::span<const int64_t> tokens, int64_t covered) {
  const auto needed = static_cast<size_t>(covered);
  for (size_t period = 1; period <= kLongestLoop; ++period) {
    const size_t enough = std::max(needed > period ? needed - period : 0, 2 * period);
    if (repeated(tokens, period, enough) >= enough) return true;
  }
  return false;
}

}  // namespace heed::decoding
