// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/loss_by_position.h"

#include <algorithm>

#include <c10/util/Exception.h>

namespace heed::evaluation {

LossByPosition::LossByPosition(int64_t width) : width_(width) {
  TORCH_CHECK(width >= 1, "[loss_by_position] width must be at least 1, got ", width);
}

void LossByPosition::add(std::span<const double> nll) {
  const auto width = static_cast<size_t>(width_);
  for (size_t i = 0; i * width < nll.size(); ++i) {
    const auto begin = static_cast<int64_t>(i) * width_;
    if (i == buckets_.size()) buckets_.push_back({begin, begin + width_, {}});
    buckets_[i].total += total_nll(nll.subspan(i * width, std::min(width, nll.size() - i * width)));
  }
}

}  // namespace heed::evaluation
