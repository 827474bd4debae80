// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graph_schema.h"

#include <algorithm>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/categories.h"
#include "heed/data/graph/target_columns.h"

namespace heed::graph {
namespace {

using Place = std::function<std::string(int64_t)>;

std::vector<Dictionary> dictionaries_of(const std::vector<Categories>& columns) {
  std::vector<Dictionary> dictionaries;
  for (const auto& column : columns) dictionaries.push_back({column.name, column.values});
  return dictionaries;
}

/// At most ten values, and how many more.
std::string some_values(const std::vector<std::string>& values) {
  constexpr size_t kShown = 10;
  const size_t shown = std::min(values.size(), kShown);
  std::string list =
      comma_list(std::vector<std::string>(values.begin(), values.begin() + static_cast<ptrdiff_t>(shown)));
  if (shown < values.size()) list += " and " + std::to_string(values.size() - shown) + " more";
  return list;
}

void give_codes(Categories& column, const Dictionary& known, const Place& place) {
  const int64_t unknown = recode(column, known.values);
  if (unknown < 0) return;
  const auto code = static_cast<size_t>(column.codes[static_cast<size_t>(unknown)]);
  throw Error(ErrorKind::kData,
              "column '" + column.name + "' has '" + printable(column.values[code]) +
                  "', which the model does not know; it knows " + some_values(known.values),
              place(unknown));
}

std::vector<Categories> take_columns(std::vector<Categories> columns, const std::vector<Dictionary>& known,
                                     const std::string& file, const Place& place) {
  std::vector<Categories> taken;
  for (const auto& dictionary : known) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const Categories& column) { return column.name == dictionary.name; });
    if (found == columns.end())
      throw Error(ErrorKind::kData, "has no column '" + dictionary.name + "', which the model needs", file);
    give_codes(*found, dictionary, place);
    taken.push_back(std::move(*found));
    columns.erase(found);
  }
  return taken;
}

void check_width(const std::string& what, Features& features, int64_t width,
                 const std::vector<std::string>& names, const std::string& file) {
  if (width == 0) {
    features = {};
    return;
  }
  if (features.width != width) {
    throw Error(ErrorKind::kData,
                what + " have " + std::to_string(features.width) + " features; the model needs " +
                    std::to_string(width),
                file);
  }
  if (!features.names.empty() && !names.empty() && features.names != names)
    throw Error(ErrorKind::kData,
                "the features of " + what + " are " + some_values(features.names) + "; the model needs " +
                    some_values(names),
                file);
}

}  // namespace

GraphSchema schema_of(const GraphSet& set) {
  GraphSchema schema;
  schema.directed = set.directed;
  schema.coordinates = !set.coordinates.empty();
  schema.node_features = set.node_features.width;
  schema.edge_features = set.edge_features.width;
  schema.node_feature_names = set.node_features.names;
  schema.edge_feature_names = set.edge_features.names;
  schema.node_categories = dictionaries_of(set.node_categories);
  schema.edge_categories = dictionaries_of(set.edge_categories);
  schema.target_level = set.targets.level;
  schema.classes = {set.targets.classes.name, set.targets.classes.values};
  schema.target_names = set.targets.names;
  return schema;
}

RowPlaces RowPlaces::numbered(const std::string& file) {
  const auto numbered = [&](const char* what) {
    return [file, what](int64_t row) { return file + ", " + what + " " + std::to_string(row); };
  };
  return {file, numbered("node"), numbered("edge"), numbered("graph")};
}

void conform(GraphSet& set, const GraphSchema& schema, const RowPlaces& places) {
  if (set.directed != schema.directed && set.edges() > 0) {
    throw Error(ErrorKind::kData,
                std::string("the edges are ") + (set.directed ? "directed" : "undirected") +
                    "; the model was trained on others; set data.directed to yes or no",
                places.file);
  }
  set.directed = schema.directed;
  if (schema.coordinates && set.coordinates.empty() && set.nodes() > 0)
    throw Error(ErrorKind::kData, "has no coordinates, which the model needs", places.file);
  if (!schema.coordinates) set.coordinates.clear(), set.point_weights.clear(), set.same_points = false;
  check_width("nodes", set.node_features, schema.node_features, schema.node_feature_names, places.file);
  check_width("edges", set.edge_features, schema.edge_features, schema.edge_feature_names, places.file);
  set.node_categories =
      take_columns(std::move(set.node_categories), schema.node_categories, places.file, places.node);
  set.edge_categories =
      take_columns(std::move(set.edge_categories), schema.edge_categories, places.file, places.edge);
  if (!select_targets(set.targets, schema.target_names)) select_targets(set.targets, {});
  if (set.targets.has_classes() && !schema.classes.values.empty()) {
    give_codes(set.targets.classes, schema.classes,
               set.targets.level == Level::kNode ? places.node : places.graph);
  }
}

}  // namespace heed::graph
