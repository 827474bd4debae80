// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// Hash of texts that takes views without copying them.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

/// Whether `a` stands before `b` in a dictionary: numbers before texts and by value, texts by their bytes.
bool natural_less(std::string_view a, std::string_view b);

/// Learns the dictionary of a column while its values come.
class CategoryBuilder {
 public:
  explicit CategoryBuilder(std::string name) { column_.name = std::move(name); }

  /// An empty value is a missing one.
  void add(std::string_view value);
  size_t size() const { return column_.values.size(); }
  /// The column, its dictionary in natural order.
  Categories finish() &&;

 private:
  Categories column_;
  TextMap<int32_t> codes_;
};

/// Sorts the dictionary in natural order.
void sort_values(Categories& column);

/// Gives the column the dictionary `known`. Returns the first row whose value is not in it, -1 where all are; then the
/// column is unchanged.
int64_t recode(Categories& column, const std::vector<std::string>& known);

/// Adds the rows of `more`, and joins the dictionaries.
void append(Categories& column, Categories more);

}  // namespace heed::graph
