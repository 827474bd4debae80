// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace heed::rendering {

/// Where an axis has its marks, and what stands there.
struct Ticks {
  std::vector<double> values;  ///< ascending, inside the range
  std::vector<std::string> labels;
};

/// Round numbers (1, 2 or 5 times a power of ten) in [low, high], at most `most` of them, labelled with as
/// many decimals as they need ("0.25", "20,000"). Empty when the range is empty or not finite.
Ticks linear_ticks(double low, double high, int most);

/// 1, 2 and 5 times powers of ten in [low, high], only the powers (or some of them) when there would be more
/// than `most`; low > 0. Falls back to linear_ticks where fewer than two such numbers lie in the range.
Ticks log_ticks(double low, double high, int most);

/// Seconds as people count them: steps of 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30 s, 1 min ..., at most `most`;
/// labels "12", or "2:05" when `minutes`.
Ticks time_ticks(double low, double high, int most, bool minutes);

}  // namespace heed::rendering
