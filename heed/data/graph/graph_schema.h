// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// A column of categories and its values in the order of their codes.
struct Dictionary {
  std::string name;
  std::vector<std::string> values;
};

/// What a trained model knows of its data, and needs of other data: columns and dictionaries.
struct GraphSchema {
  bool directed = false, coordinates = false;
  int64_t node_features = 0, edge_features = 0;  ///< widths
  std::vector<std::string> node_feature_names, edge_feature_names;
  std::vector<Dictionary> node_categories, edge_categories;
  Level target_level = Level::kNone;
  Dictionary classes;
  std::vector<std::string> target_names;
};

GraphSchema schema_of(const GraphSet& set);

/// Names the rows of a set in messages, such as "nodes.csv, line 12".
struct RowPlaces {
  std::string file;
  std::function<std::string(int64_t)> node, edge, graph;

  /// Names rows by their numbers: "a.npz, node 12".
  static RowPlaces numbered(const std::string& file);
};

/// Gives a set the columns and codes that the schema has, in its order; other columns are dropped. Targets may be
/// missing. Throws Error(kData) for a column that is missing, for other features, and for a value that no dictionary of
/// the schema has, with its row.
void conform(GraphSet& set, const GraphSchema& schema, const RowPlaces& places);

}  // namespace heed::graph
