// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

namespace heed::bench {

/// Times in milliseconds; low and high are the quartiles of the repeats.
struct Timing {
  double median = 0, low = 0, high = 0;
};

/// Returns the median and quartiles of a non-empty list of times.
Timing summarize(std::vector<double> milliseconds);

/// Returns the duration of one call in milliseconds.
double milliseconds(const std::function<void()>& work);

}  // namespace heed::bench
