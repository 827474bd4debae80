// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/coverage.h"

#include <algorithm>
#include <cmath>

namespace heed::decoding {

void Coverage::add(const StepAttention& attention) {
  const size_t heads = attention.weights.size() / attention.positions;
  for (size_t i = 0; i < shares_.size(); ++i) {
    double sum = 0;
    for (size_t h = 0; h < heads; ++h) sum += attention.weights[h * attention.positions + i];
    shares_[i] += sum / static_cast<double>(heads);
  }
}

double Coverage::log_shares() const {
  constexpr double kUnseen = 1e-30;
  double sum = 0;
  for (const double share : shares_) sum += std::log(std::clamp(share, kUnseen, 1.0));
  return sum;
}

}  // namespace heed::decoding
