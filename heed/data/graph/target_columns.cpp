// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/target_columns.h"

#include <algorithm>
#include <utility>

namespace heed::graph {

bool select_targets(Targets& targets, const std::vector<std::string>& names) {
  if (targets.names == names) return true;
  std::vector<size_t> columns;
  for (const auto& name : names) {
    const auto found = std::find(targets.names.begin(), targets.names.end(), name);
    if (found == targets.names.end()) return false;
    columns.push_back(static_cast<size_t>(found - targets.names.begin()));
  }
  const size_t width = targets.names.size(), rows = width == 0 ? 0 : targets.numbers.size() / width;
  std::vector<double> numbers;
  numbers.reserve(rows * columns.size());
  for (size_t row = 0; row < rows; ++row)
    for (const size_t column : columns) numbers.push_back(targets.numbers[row * width + column]);
  targets.names = names;
  targets.numbers = std::move(numbers);
  return true;
}

}  // namespace heed::graph
