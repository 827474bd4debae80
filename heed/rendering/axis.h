// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace heed::rendering {

/// The tick marks of an axis and their labels.
struct Ticks {
  std::vector<double> values;  ///< ascending, inside the range
  std::vector<std::string> labels;
};

/// Round numbers (1, 2 or 5 times a power of ten) in [low, high], at most `most`, labelled with as many
/// decimals as needed ("0.25", "20,000"). Empty if the range is empty or not finite.
Ticks linear_ticks(double low, double high, int most);

/// 1, 2 and 5 times powers of ten in [low, high]; only (some) powers of ten if there would be more than
/// `most`. low > 0. Falls back to linear_ticks if the range contains fewer than two such numbers.
Ticks log_ticks(double low, double high, int most);

/// Natural steps of time: 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30 s, 1 min ..., at most `most` marks; labels "12",
/// or "2:05" with `minutes`.
Ticks time_ticks(double low, double high, int most, bool minutes);

}  // namespace heed::rendering
