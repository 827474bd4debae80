// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

namespace heed::bench {

/// Times in milliseconds; low and high are the quartiles of the repeats.
struct Timing {
  double median = 0, low = 0, high = 0;
};

/// Median and quartiles of some times, which must not be empty.
Timing summarize(std::vector<double> milliseconds);

/// How long one call takes.
double milliseconds(const std::function<void()>& work);

}  // namespace heed::bench
