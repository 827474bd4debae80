// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/longest_common_subsequence.h"

#include <algorithm>

namespace heed::evaluation {
namespace {

// Fills a row of the table of lengths. below[j] is the length for the first j symbols of b and all of a up to
// `symbol`, above[j] that without `symbol`.
void next_row(uint32_t symbol, std::span<const uint32_t> b, std::span<const int32_t> above,
              std::span<int32_t> below) {
  for (size_t j = 0; j < b.size(); ++j) {
    below[j + 1] = b[j] == symbol ? above[j] + 1 : std::max(above[j + 1], below[j]);
  }
}

}  // namespace

int64_t common_subsequence_length(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  std::vector<int32_t> above(b.size() + 1), below(b.size() + 1);
  for (const uint32_t symbol : a) {
    next_row(symbol, b, above, below);
    above.swap(below);
  }
  return above.back();
}

std::vector<size_t> common_subsequence(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  const size_t width = b.size() + 1;
  std::vector<int32_t> table((a.size() + 1) * width);
  const auto row = [&](size_t i) { return std::span(table).subspan(i * width, width); };
  for (size_t i = 0; i < a.size(); ++i) next_row(a[i], b, row(i), row(i + 1));

  std::vector<size_t> positions;
  for (size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
    if (a[i - 1] == b[j - 1]) {
      positions.push_back(--i);
      --j;
    } else if (row(i)[j - 1] > row(i - 1)[j]) {
      --j;
    } else {
      --i;
    }
  }
  std::reverse(positions.begin(), positions.end());
  return positions;
}

}  // namespace heed::evaluation
