// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graph_set_maker.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/attribute_roles.h"
#include "heed/data/graph/column_maker.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/graph/target_columns.h"

namespace heed::graph {
namespace {

/// Whether the label is a number to predict: by the option, else where a value is not a whole number.
bool label_is_number(const Attribute& label, const GraphReadOptions& options) {
  if (options.schema && options.schema->target_level != Level::kNone)
    return options.schema->classes.values.empty();
  if (options.target_kind != "auto") return options.target_kind == "numbers";
  if (!label.is_numeric()) return false;
  for (size_t i = 0; i < label.cells.size(); ++i) {
    const double value = *any_number(label.cells.cell(i));
    if (std::isfinite(value) && value != std::floor(value)) return true;
  }
  return false;
}

/// A label that is missing may also be written as NaN.
void drop_nan(Categories& classes) {
  for (size_t i = 0; i < classes.values.size(); ++i) {
    const auto number = any_number(classes.values[i]);
    if (!number || !std::isnan(*number)) continue;
    const auto nan = static_cast<int32_t>(i);
    classes.values.erase(classes.values.begin() + static_cast<ptrdiff_t>(i));
    for (int32_t& code : classes.codes) code = code == nan ? -1 : code > nan ? code - 1 : code;
    --i;
  }
}

void add_targets(const ColumnMaker& maker, const ColumnRoles& roles, Level level,
                 const GraphReadOptions& options, GraphSet& set) {
  std::vector<size_t> numbers = roles.targets;
  if (options.schema && numbers.size() != options.schema->target_names.size()) numbers.clear();
  set.targets.level = level;
  if (roles.label && label_is_number(maker.attribute(*roles.label), options)) {
    numbers.push_back(*roles.label);
  } else if (roles.label) {
    set.targets.classes = maker.category(maker.attribute(*roles.label));
    drop_nan(set.targets.classes);
  }
  for (const size_t column : numbers) set.targets.names.push_back(maker.attribute(column).name);
  set.targets.numbers = maker.targets(numbers);
}

void check_targets_found(const GraphReadOptions& options, const ColumnRoles& nodes, const ColumnRoles& graphs,
                         const std::string& file) {
  if (options.schema) return;
  if (!options.label.empty() && !nodes.label && !graphs.label)
    throw Error(ErrorKind::kData, "has no column '" + options.label + "' of labels (data.label)", file);
  if (!options.split.empty() && !nodes.split && !graphs.split)
    throw Error(ErrorKind::kData, "has no column '" + options.split + "' of splits (data.split)", file);
  if (std::max(nodes.targets.size(), graphs.targets.size()) < options.targets.size()) {
    throw Error(ErrorKind::kData,
                "neither nodes nor graphs have all columns that shall be predicted (data.targets): " +
                    comma_list(options.targets),
                file);
  }
}

/// Names of graphs, and a note on what is not used.
void use_other_columns(const ColumnMaker& maker, const ColumnRoles& roles, const std::string& file,
                       GraphSet& set) {
  std::vector<std::string> unused;
  for (const size_t column : roles.others) {
    const Attribute& attribute = maker.attribute(column);
    if (set.graph_names.empty() && names_a_graph(attribute.name))
      set.graph_names = maker.texts(attribute);
    else
      unused.push_back(printable(attribute.name));
  }
  constexpr size_t kShown = 10;
  if (unused.size() > kShown) {
    const std::string more = std::to_string(unused.size() - kShown) + " more";
    unused.resize(kShown);
    unused.push_back(more);
  }
  if (!unused.empty()) inform(file + ": passed over the attributes of graphs " + comma_list(unused));
}

/// Coordinates from columns, in place of the format's; missing axes are 0.
void use_coordinates(const ColumnMaker& maker, const ColumnRoles& roles, GraphSet& set) {
  const size_t axes = roles.coordinates.size();
  if (axes == 0) return;
  set.coordinates.assign(3 * static_cast<size_t>(set.nodes()), 0.0F);
  for (size_t axis = 0; axis < axes; ++axis) {
    const auto numbers = maker.features({roles.coordinates[axis]}).dense;
    for (size_t node = 0; node < numbers.size(); ++node) set.coordinates[3 * node + axis] = numbers[node];
  }
}

RowPlaces places_of(const RawGraphs& raw) {
  const auto placed = [](const AttributeTable& table) {
    return [&table](int64_t row) { return table.place(static_cast<size_t>(row)); };
  };
  return {raw.file, placed(raw.nodes), placed(raw.edges), placed(raw.graphs)};
}

void move_structure(RawGraphs& raw, GraphSet& set) {
  set.node_ptr = std::move(raw.node_ptr);
  set.edge_ptr = std::move(raw.edge_ptr);
  set.source = std::move(raw.source);
  set.target = std::move(raw.target);
  set.directed = raw.directed;
  set.node_ids = std::move(raw.node_ids);
  const auto is_empty = [](const std::string& name) { return name.empty(); };
  if (!std::all_of(raw.graph_names.begin(), raw.graph_names.end(), is_empty))
    set.graph_names = std::move(raw.graph_names);
  set.coordinates = std::move(raw.coordinates);
}

/// What the options say of targets and columns, for sets that have their columns already.
void choose_columns(GraphSet& set, const GraphReadOptions& options, const std::string& file) {
  const auto is_ignored = [&](const Categories& column) {
    return std::find(options.ignore.begin(), options.ignore.end(), column.name) != options.ignore.end();
  };
  std::erase_if(set.node_categories, is_ignored);
  std::erase_if(set.edge_categories, is_ignored);
  if (options.targets.empty() || select_targets(set.targets, options.targets)) return;
  throw Error(ErrorKind::kData,
              "does not have all targets of data.targets (" + comma_list(options.targets) + "); there are " +
                  comma_list(set.targets.names),
              file);
}

void use_direction_and_schema(GraphSet& set, const GraphReadOptions& options, const RowPlaces& places) {
  if (options.directed != "auto") set.directed = options.directed == "yes";
  if (options.schema) conform(set, *options.schema, places);
}

}  // namespace

GraphSet make_graph_set(RawGraphs raw, const GraphReadOptions& options) {
  GraphSet set;
  move_structure(raw, set);
  const ColumnMaker nodes(raw.nodes, options.limits), edges(raw.edges, options.limits),
      graphs(raw.graphs, options.limits);
  const auto node_roles = roles_of(raw.nodes, wanted_of_nodes(options), raw.file);
  const auto edge_roles = roles_of(raw.edges, wanted_of_edges(options), raw.file);
  const auto graph_roles = roles_of(raw.graphs, wanted_of_graphs(options), raw.file);
  nodes.check_size(node_roles);
  edges.check_size(edge_roles);
  graphs.check_size(graph_roles);
  check_targets_found(options, node_roles, graph_roles, raw.file);
  set.node_features = nodes.features(node_roles.features);
  set.node_categories = nodes.categories(node_roles.categories);
  use_coordinates(nodes, node_roles, set);
  set.edge_features = edges.features(edge_roles.features);
  set.edge_categories = edges.categories(edge_roles.categories);
  if (node_roles.any_target())
    add_targets(nodes, node_roles, Level::kNode, options, set);
  else if (graph_roles.any_target())
    add_targets(graphs, graph_roles, Level::kGraph, options, set);
  set.split_level = node_roles.any_split()    ? Level::kNode
                    : graph_roles.any_split() ? Level::kGraph
                                              : Level::kNone;
  if (set.split_level != Level::kNone)
    set.split = set.split_level == Level::kNode ? nodes.splits(node_roles) : graphs.splits(graph_roles);
  use_other_columns(graphs, graph_roles, raw.file, set);
  use_direction_and_schema(set, options, places_of(raw));
  return set;
}

void finish_set(GraphSet& set, const GraphReadOptions& options, const RowPlaces& places) {
  if (!options.schema) choose_columns(set, options, places.file);
  use_direction_and_schema(set, options, places);
}

}  // namespace heed::graph
