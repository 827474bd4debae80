// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/logit_row.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <c10/util/Exception.h>

#include "heed/kernels/isa.h"

namespace heed::decoding {

LogitRow::LogitRow(const char* caller, std::span<const float> logits)
    : logits_(logits), block_largest_((logits.size() + kBlock - 1) / kBlock) {
  TORCH_CHECK(!logits.empty(), "[", caller, "] there are no logits");
  largest_ = kernels::cpu_kernels().logits.survey(logits.data(), size(), block_largest_.data());
  if (!std::isnan(largest_)) return;
  const auto bad = std::find_if(logits.begin(), logits.end(), [](float logit) {
    return !(logit < std::numeric_limits<float>::infinity());
  });
  TORCH_CHECK(false, "[", caller, "] the logit of token ", bad - logits.begin(), " is ", *bad);
}

int64_t LogitRow::most_likely() const {
  const auto block = std::find(block_largest_.begin(), block_largest_.end(), largest_);
  const auto start = logits_.begin() + (block - block_largest_.begin()) * kBlock;
  return std::find(start, logits_.end(), largest_) - logits_.begin();
}

kernels::LogitsProblem LogitRow::problem(double temperature) const {
  // Bounded, so that differences of 0 and of -infinity keep their meaning.
  constexpr double kLeast = std::numeric_limits<float>::min(), kMost = std::numeric_limits<float>::max();
  const auto scale = static_cast<float>(std::clamp(1 / temperature, kLeast, kMost));
  return {logits_.data(), size(), block_largest_.data(), largest_, scale};
}

double LogitRow::log_sum() const {
  constexpr float kAll = -std::numeric_limits<float>::infinity();
  return std::log(kernels::cpu_kernels().logits.sum_blocks(problem(), kAll, nullptr));
}

}  // namespace heed::decoding
