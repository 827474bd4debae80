// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace heed::bench {

Timing summarize(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const double last = static_cast<double>(times.size() - 1);
  const auto at = [&](double rank) { return times[static_cast<size_t>(rank)]; };
  return {.median = at(last / 2), .low = at(last / 4), .high = at(std::ceil(3 * last / 4))};
}

double milliseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace heed::bench
