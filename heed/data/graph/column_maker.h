// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/graph/attribute_roles.h"
#include "heed/data/graph/attribute_table.h"
#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// The attributes of nodes, edges or graphs on their way into a set. Throws Error(kData), with the column and the place of
/// the row, for a value that does not suit its role.
class ColumnMaker {
 public:
  /// Keeps references to both.
  ColumnMaker(const AttributeTable& table, const GraphLimits& limits) : table_(table), limits_(limits) {}

  /// Refuses tables that would take much more memory than their file: many columns with few values.
  void check_size(const ColumnRoles& roles) const;

  Features features(const std::vector<size_t>& columns) const;
  std::vector<Categories> categories(const std::vector<size_t>& columns) const;
  Categories category(const Attribute& column) const;
  /// One number a row and column; NaN where it is missing.
  std::vector<double> targets(const std::vector<size_t>& columns) const;
  std::vector<Split> splits(const ColumnRoles& roles) const;
  /// The cells of a column as texts, empty ones where they are missing.
  std::vector<std::string> texts(const Attribute& column) const;

  const Attribute& attribute(size_t column) const { return table_.columns()[column]; }

 private:
  template <class Use>
  void each_cell(const Attribute& column, const Use& use) const;
  [[noreturn]] void fail(const Attribute& column, size_t row, const std::string& message) const;
  float feature(const Attribute& column, size_t row) const;
  double target(const Attribute& column, size_t row, std::string_view cell) const;
  Split split_named(size_t row, std::string_view cell) const;
  void add_mask(const Attribute& column, Split split, std::vector<Split>& splits) const;

  const AttributeTable& table_;
  const GraphLimits& limits_;
};

}  // namespace heed::graph
