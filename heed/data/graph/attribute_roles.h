// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/graph/attribute_table.h"
#include "heed/data/graph/graph_options.h"

namespace heed::graph {

/// What is wanted of the attributes of nodes, edges or graphs.
struct WantedRoles {
  std::vector<std::string> features, categories, coordinates, targets, ignore;
  std::string label, split;          ///< empty: recognised by their names
  bool has_targets = false;          ///< a label, targets and a split may be among the attributes
  bool infer_features = true;        ///< further columns of numbers are features
  bool infer_categories = true;      ///< further columns of texts are categories
  bool numbers_are_targets = false;  ///< further columns of numbers are targets
};

/// The columns of a table by what they are for, as numbers in AttributeTable::columns().
struct ColumnRoles {
  std::vector<size_t> features, categories, coordinates, targets;
  std::optional<size_t> label, split;
  std::optional<size_t> masks[3];  ///< train, valid, test
  std::vector<size_t> others;

  bool any_target() const { return label || !targets.empty(); }
  bool any_split() const { return split || masks[0] || masks[1] || masks[2]; }
};

/// Throws Error(kData) with `file` for features, categories and coordinates that are wanted and not there. Targets may be missing.
ColumnRoles roles_of(const AttributeTable& table, const WantedRoles& wanted, const std::string& file);

/// Whether `name` is one of `known`, in any case.
bool is_named(std::string_view name, const std::vector<std::string_view>& known);
/// Whether a column of graphs is their name: `name`, `id` or `title`.
bool names_a_graph(std::string_view column);

WantedRoles wanted_of_nodes(const GraphReadOptions& options);
WantedRoles wanted_of_edges(const GraphReadOptions& options);
WantedRoles wanted_of_graphs(const GraphReadOptions& options);

}  // namespace heed::graph
