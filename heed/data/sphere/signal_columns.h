// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "heed/data/sphere/point.h"

namespace heed::sphere {

/// What the columns of a table of signals are, by their names (in any case), as numbers from 0.
struct SignalColumns {
  std::optional<std::array<size_t, 2>> lon_lat;  ///< degrees
  std::array<size_t, 3> xyz{};                   ///< where there is no lon_lat
  std::optional<size_t> sample, label, split, weight;
  std::vector<size_t> values;  ///< all others
  size_t width = 0;

  /// The direction that a row's cells give. Throws Error(kData) with `place` for what is not a number or no direction.
  Point point(const std::vector<std::string>& cells, const std::string& place) const;
};

/// Whether the columns say where points are: lon and lat, or x, y and z.
bool has_points(const std::vector<std::string>& header);

/// Throws Error(kData) with `place` if there are no coordinates or no values, or two columns have one name.
SignalColumns signal_columns(const std::vector<std::string>& header, const std::string& place);

/// A cell that must be a finite number; `column` is its name in messages.
double signal_number(const std::string& cell, const std::string& column, const std::string& place);

}  // namespace heed::sphere
