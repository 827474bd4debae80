// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/copy_baseline.h"

#include <c10/util/Exception.h>

namespace heed::evaluation {

CopyCount& CopyCount::operator+=(const CopyCount& other) {
  equal += other.equal;
  tokens += other.tokens;
  return *this;
}

CopyCount copy_baseline(std::span<const int64_t> tokens, int64_t period) {
  TORCH_CHECK(period >= 1, "[copy_baseline] period must be at least 1, got ", period);
  CopyCount count;
  for (size_t i = static_cast<size_t>(period); i < tokens.size(); ++i) {
    count.equal += tokens[i] == tokens[i - static_cast<size_t>(period)];
    ++count.tokens;
  }
  return count;
}

}  // namespace heed::evaluation
