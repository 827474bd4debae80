// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graph_set_maker.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/attribute_roles.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/graph/target_columns.h"
#include "heed/data/text/counts.h"

namespace heed::graph {
namespace {

const std::vector<std::string_view> kTrainWords{"train", "training", "tr"};
const std::vector<std::string_view> kValidWords{"valid", "val", "validation", "dev"};
const std::vector<std::string_view> kTestWords{"test", "testing", "te"};
const std::vector<std::string_view> kNoSplitWords{"none", "unlabeled", "unlabelled", "unused", "-"};
const std::vector<std::string_view> kTrueWords{"1", "true", "yes", "t", "1.0"};
const std::vector<std::string_view> kFalseWords{"0", "false", "no", "f", "0.0"};
const std::vector<std::string_view> kNameColumns{"name", "id", "title"};

/// The attributes of nodes, edges or graphs on their way into a set.
class ColumnMaker {
 public:
  ColumnMaker(const AttributeTable& table, const GraphLimits& limits) : table_(table), limits_(limits) {}

  /// Refuses tables that would take much more memory than their file: many columns with few values.
  void check_size(const ColumnRoles& roles) const {
    constexpr size_t kAlwaysCells = size_t{1} << 24, kCellsPerValue = 64;
    size_t given = 0;
    for (const auto& column : table_.columns()) given += column.cells.size();
    const size_t columns = roles.features.size() + roles.categories.size() + roles.targets.size();
    if (columns * table_.rows() <= std::max(kAlwaysCells, given * kCellsPerValue)) return;
    throw Error(ErrorKind::kData,
                text::grouped(static_cast<int64_t>(columns)) +
                    " attributes, most of which are missing in most rows; name those to use by "
                    "data.features and data.categories",
                table_.place(0));
  }

  Features features(const std::vector<size_t>& columns) const {
    Features features;
    features.width = std::ssize(columns);
    features.dense.resize(columns.size() * table_.rows());
    for (size_t i = 0; i < columns.size(); ++i) {
      features.names.push_back(attribute(columns[i]).name);
      for (size_t row = 0; row < table_.rows(); ++row)
        features.dense[row * columns.size() + i] = feature(attribute(columns[i]), row);
    }
    return features;
  }

  std::vector<Categories> categories(const std::vector<size_t>& columns) const {
    std::vector<Categories> made;
    for (const size_t column : columns) made.push_back(category(attribute(column)));
    return made;
  }

  Categories category(const Attribute& column) const {
    CategoryBuilder builder(column.name);
    each_cell(column, [&](size_t row, std::string_view cell) {
      builder.add(cell);
      if (builder.size() <= limits_.categories) return;
      throw Error(ErrorKind::kData,
                  "column '" + printable(column.name) + "' has more than " +
                      text::grouped(static_cast<int64_t>(limits_.categories)) +
                      " different values; leave it out by data.ignore",
                  table_.place(row));
    });
    return std::move(builder).finish();
  }

  /// One number a row and column; NaN where it is missing.
  std::vector<double> targets(const std::vector<size_t>& columns) const {
    std::vector<double> numbers(columns.size() * table_.rows(), std::numeric_limits<double>::quiet_NaN());
    for (size_t i = 0; i < columns.size(); ++i) {
      each_cell(attribute(columns[i]), [&](size_t row, std::string_view cell) {
        if (!cell.empty()) numbers[row * columns.size() + i] = target(attribute(columns[i]), row, cell);
      });
    }
    return numbers;
  }

  std::vector<Split> splits(const ColumnRoles& roles) const {
    std::vector<Split> splits(table_.rows(), Split::kNone);
    if (roles.split) {
      each_cell(attribute(*roles.split),
                [&](size_t row, std::string_view cell) { splits[row] = split_named(row, cell); });
      return splits;
    }
    for (const Split split : {Split::kTrain, Split::kValid, Split::kTest}) {
      const auto mask = roles.masks[static_cast<size_t>(split) - 1];
      if (mask) add_mask(attribute(*mask), split, splits);
    }
    return splits;
  }

  /// The cells of a column as texts, empty ones where they are missing.
  std::vector<std::string> texts(const Attribute& column) const {
    std::vector<std::string> texts;
    each_cell(column, [&](size_t /*row*/, std::string_view cell) { texts.emplace_back(cell); });
    return texts;
  }

  const Attribute& attribute(size_t column) const { return table_.columns()[column]; }

 private:
  /// Calls `use` for each row, with an empty cell where the row has none.
  template <class Use>
  void each_cell(const Attribute& column, const Use& use) const {
    for (size_t row = 0, i = 0; row < table_.rows(); ++row) {
      const bool there = i < column.cells.size() && column.cells.row(i) == row;
      use(row, there ? column.cells.cell(i) : std::string_view());
      i += there ? 1 : 0;
    }
  }

  [[noreturn]] void fail(const Attribute& column, size_t row, const std::string& message) const {
    throw Error(ErrorKind::kData, "column '" + printable(column.name) + "' " + message, table_.place(row));
  }

  float feature(const Attribute& column, size_t row) const {
    // Without a gap cell i stands in row i.
    const bool whole = row < column.cells.size() && column.cells.row(row) == row;
    if (!whole)
      fail(column, row,
           "has no value, but a feature needs one in every row; data.ignore leaves the column out");
    const std::string_view cell = column.cells.cell(row);
    const auto number = any_number(cell);
    if (!number) fail(column, row, "must be a number, got '" + printable(cell) + "'");
    const auto value = static_cast<float>(*number);
    if (!std::isfinite(value)) fail(column, row, "must be finite, got '" + printable(cell) + "'");
    return value;
  }

  double target(const Attribute& column, size_t row, std::string_view cell) const {
    const auto number = any_number(cell);
    if (!number) fail(column, row, "must be a number, got '" + printable(cell) + "'");
    if (std::isinf(*number)) fail(column, row, "must be finite or missing, got '" + printable(cell) + "'");
    return *number;
  }

  Split split_named(size_t row, std::string_view cell) const {
    if (cell.empty() || is_named(cell, kNoSplitWords)) return Split::kNone;
    if (is_named(cell, kTrainWords)) return Split::kTrain;
    if (is_named(cell, kValidWords)) return Split::kValid;
    if (is_named(cell, kTestWords)) return Split::kTest;
    throw Error(ErrorKind::kData,
                "the split '" + printable(cell) + "' is unknown; known: train, valid, test, none",
                table_.place(row));
  }

  void add_mask(const Attribute& column, Split split, std::vector<Split>& splits) const {
    each_cell(column, [&](size_t row, std::string_view cell) {
      if (cell.empty() || is_named(cell, kFalseWords)) return;
      if (!is_named(cell, kTrueWords)) fail(column, row, "must be 0 or 1, got '" + printable(cell) + "'");
      if (splits[row] != Split::kNone) fail(column, row, "puts the row into a second split");
      splits[row] = split;
    });
  }

  const AttributeTable& table_;
  const GraphLimits& limits_;
};

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
    if (set.graph_names.empty() && is_named(attribute.name, kNameColumns))
      set.graph_names = maker.texts(attribute);
    else
      unused.push_back(printable(attribute.name));
  }
  if (!unused.empty()) inform(file + ": passed over the attributes of graphs " + comma_list(unused));
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
