// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace heed::evaluation {

/// Number of tokens that a model would predict by copying.
struct CopyCount {
  int64_t equal = 0, tokens = 0;
  double share() const { return tokens > 0 ? static_cast<double>(equal) / static_cast<double>(tokens) : 0; }
  CopyCount& operator+=(const CopyCount& other);
};

/// Counts the tokens of a piece, without marks, that equal the token `period` positions before (4: the same
/// voice of the chorale grid one step earlier). Excludes the first `period` tokens. Throws c10::Error if
/// period < 1.
CopyCount copy_baseline(std::span<const int64_t> tokens, int64_t period);

}  // namespace heed::evaluation
