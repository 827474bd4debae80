// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/categories.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "heed/data/graph/number_cell.h"

namespace heed::graph {
namespace {

/// Values a, then those of b that are not in a.
std::vector<std::string> joined_values(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> values = a;
  values.insert(values.end(), b.begin(), b.end());
  std::sort(values.begin(), values.end(), natural_less);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  const auto key = [](std::string_view text) {
    const auto number = finite_number(text);
    return std::tuple(!number.has_value(), number.value_or(0), text);
  };
  return key(a) < key(b);
}

void CategoryBuilder::add(std::string_view value) {
  if (value.empty()) {
    column_.codes.push_back(-1);
    return;
  }
  auto found = codes_.find(value);
  if (found == codes_.end()) {
    found = codes_.emplace(std::string(value), static_cast<int32_t>(column_.values.size())).first;
    column_.values.emplace_back(value);
  }
  column_.codes.push_back(found->second);
}

Categories CategoryBuilder::finish() && {
  sort_values(column_);
  return std::move(column_);
}

void sort_values(Categories& column) {
  std::vector<std::string> sorted = column.values;
  std::sort(sorted.begin(), sorted.end(), natural_less);
  recode(column, sorted);
}

int64_t recode(Categories& column, const std::vector<std::string>& known) {
  TextMap<int32_t> numbers;
  for (const auto& value : known) numbers.emplace(value, static_cast<int32_t>(numbers.size()));
  std::vector<int32_t> new_codes(column.values.size());
  for (size_t i = 0; i < column.values.size(); ++i) {
    const auto found = numbers.find(column.values[i]);
    new_codes[i] = found == numbers.end() ? -1 : found->second;
  }
  const auto unknown = std::find_if(column.codes.begin(), column.codes.end(), [&](int32_t code) {
    return code >= 0 && new_codes[static_cast<size_t>(code)] < 0;
  });
  if (unknown != column.codes.end()) return unknown - column.codes.begin();
  for (int32_t& code : column.codes)
    if (code >= 0) code = new_codes[static_cast<size_t>(code)];
  column.values = known;
  return -1;
}

void append(Categories& column, Categories more) {
  // Most files of many have no new value; then only their own rows get other codes.
  if (column.values != more.values && recode(more, column.values) >= 0) {
    const auto values = joined_values(column.values, more.values);
    recode(column, values);
    recode(more, values);
  }
  column.codes.insert(column.codes.end(), more.codes.begin(), more.codes.end());
}

}  // namespace heed::graph
