// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/attribute_roles.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "heed/core/error.h"
#include "heed/core/names.h"

namespace heed::graph {
namespace {

using Names = std::vector<std::string>;

const std::vector<std::string_view> kLabelNames{"label", "class", "y", "target"};
const std::vector<std::string_view> kSplitNames{"split", "set", "subset", "mask", "fold"};
const std::array<std::vector<std::string_view>, 3> kMaskNames{
    {{"train_mask", "train"}, {"val_mask", "valid_mask", "validation_mask"}, {"test_mask"}}};
const std::vector<std::string_view> kEdgeTypeNames{"type",      "relation",  "rel",  "kind",
                                                   "edge_type", "bond_type", "label"};
const std::vector<std::string_view> kEdgeKeyNames{"id", "Id", "ID", "key", "edge_id"};  // tell edges apart

bool among(const std::string& name, const Names& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The column that holds the label: the one of the option, or the first of the known names that is there.
std::optional<size_t> find_named(const AttributeTable& table, const std::string& wanted,
                                 const std::vector<std::string_view>& known, const Names& not_these) {
  const auto& columns = table.columns();
  const auto search = [&](const auto& matches) -> std::optional<size_t> {
    for (size_t i = 0; i < columns.size(); ++i)
      if (!among(columns[i].name, not_these) && matches(columns[i].name)) return i;
    return std::nullopt;
  };
  if (!wanted.empty()) return search([&](const std::string& name) { return name == wanted; });
  for (const auto name : known)
    if (const auto found = search([&](const std::string& column) { return is_named(column, {name}); }))
      return found;
  return std::nullopt;
}

void check_there(const AttributeTable& table, const Names& wanted, const std::string& file) {
  for (const auto& name : wanted) {
    if (table.find(name) != nullptr) continue;
    const Names there = table.names();
    throw Error(ErrorKind::kData,
                "has no column '" + name + "'" + (there.empty() ? "" : "; there are " + comma_list(there)),
                file);
  }
}

/// The numbers of the columns, in the order in which they are wanted.
std::vector<size_t> numbers_of(const AttributeTable& table, const Names& wanted) {
  std::vector<size_t> numbers;
  for (const auto& name : wanted) {
    if (const Attribute* column = table.find(name))
      numbers.push_back(static_cast<size_t>(column - table.columns().data()));
  }
  return numbers;
}

class RoleFinder {
 public:
  RoleFinder(const AttributeTable& table, const WantedRoles& wanted, const std::string& file)
      : table_(table), wanted_(wanted), used_(table.columns().size(), false) {
    check_there(table, wanted.features, file);
    check_there(table, wanted.categories, file);
    check_there(table, wanted.coordinates, file);
  }

  ColumnRoles find() {
    for (const size_t column : numbers_of(table_, wanted_.ignore)) used_[column] = true;
    take(wanted_.coordinates, roles_.coordinates);
    take(wanted_.features, roles_.features);
    take(wanted_.categories, roles_.categories);
    if (wanted_.has_targets) find_targets();
    for (size_t i = 0; i < used_.size(); ++i)
      if (!used_[i]) infer(i);
    return std::move(roles_);
  }

 private:
  void take(const Names& names, std::vector<size_t>& into) {
    for (const size_t column : numbers_of(table_, names)) {
      used_[column] = true;
      into.push_back(column);
    }
  }
  std::optional<size_t> take_named(const std::string& name, const std::vector<std::string_view>& known) {
    Names taken;
    for (size_t i = 0; i < used_.size(); ++i)
      if (used_[i]) taken.push_back(table_.columns()[i].name);
    const auto found = find_named(table_, name, known, taken);
    if (found) used_[*found] = true;
    return found;
  }
  void find_targets() {
    take(wanted_.targets, roles_.targets);
    if (wanted_.targets.empty() || !wanted_.label.empty())
      roles_.label = take_named(wanted_.label, kLabelNames);
    roles_.split = take_named(wanted_.split, kSplitNames);
    if (roles_.split) return;
    for (size_t i = 0; i < kMaskNames.size(); ++i) roles_.masks[i] = take_named("", kMaskNames[i]);
  }
  void infer(size_t column) {
    const Attribute& attribute = table_.columns()[column];
    const bool type_of_edge = !wanted_.has_targets && is_named(attribute.name, kEdgeTypeNames);
    const bool numeric = !type_of_edge && attribute.is_numeric();
    const bool may_be_target = wanted_.numbers_are_targets && !names_a_graph(attribute.name);
    if (numeric && may_be_target && !roles_.label && wanted_.targets.empty())
      roles_.targets.push_back(column);
    else if (numeric && wanted_.infer_features)
      roles_.features.push_back(column);
    else if (!numeric && wanted_.infer_categories)
      roles_.categories.push_back(column);
    else
      roles_.others.push_back(column);
  }

  const AttributeTable& table_;
  const WantedRoles& wanted_;
  std::vector<bool> used_;
  ColumnRoles roles_;
};

Names names_of(const std::vector<Dictionary>& dictionaries) {
  Names names;
  for (const auto& dictionary : dictionaries) names.push_back(dictionary.name);
  return names;
}

/// What nodes and graphs may both have.
WantedRoles with_targets(const GraphReadOptions& options, Level level) {
  WantedRoles wanted;
  const Level known = options.schema ? options.schema->target_level : Level::kNone;
  wanted.has_targets = known == Level::kNone || known == level;
  wanted.ignore = options.ignore;
  wanted.label = options.label;
  wanted.split = options.split;
  wanted.targets = options.targets;
  if (!options.schema) return wanted;
  wanted.targets = options.schema->target_names;
  if (wanted.label.empty()) wanted.label = options.schema->classes.name;
  return wanted;
}

/// Features and categories, as named by the options or by the schema of a model.
void want_columns(WantedRoles& wanted, const Names& features, const Names& categories) {
  wanted.features = features;
  wanted.categories = categories;
  wanted.infer_features = features.empty();
  wanted.infer_categories = categories.empty();
}

void want_known(WantedRoles& wanted, int64_t width, const Names& features,
                const std::vector<Dictionary>& categories) {
  want_columns(wanted, features, names_of(categories));
  wanted.infer_features = width > 0 && features.empty();
  wanted.infer_categories = false;
}

}  // namespace

bool is_named(std::string_view name, const std::vector<std::string_view>& known) {
  const auto equal = [&](std::string_view other) {
    return std::equal(name.begin(), name.end(), other.begin(), other.end(), [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    });
  };
  return std::any_of(known.begin(), known.end(), equal);
}

bool names_a_graph(std::string_view column) {
  return is_named(column, {"name", "id", "title"});
}

ColumnRoles roles_of(const AttributeTable& table, const WantedRoles& wanted, const std::string& file) {
  return RoleFinder(table, wanted, file).find();
}

WantedRoles wanted_of_nodes(const GraphReadOptions& options) {
  WantedRoles wanted = with_targets(options, Level::kNode);
  if (options.schema) {
    const GraphSchema& schema = *options.schema;
    want_known(wanted, schema.node_features, schema.node_feature_names, schema.node_categories);
  } else {
    want_columns(wanted, options.features, options.categories);
  }
  wanted.coordinates = options.coordinates;
  return wanted;
}

WantedRoles wanted_of_edges(const GraphReadOptions& options) {
  WantedRoles wanted;
  wanted.ignore = options.ignore;
  wanted.ignore.insert(wanted.ignore.end(), kEdgeKeyNames.begin(), kEdgeKeyNames.end());
  if (options.schema) {
    const GraphSchema& schema = *options.schema;
    want_known(wanted, schema.edge_features, schema.edge_feature_names, schema.edge_categories);
  } else {
    want_columns(wanted, options.edge_features, options.edge_categories);
  }
  return wanted;
}

WantedRoles wanted_of_graphs(const GraphReadOptions& options) {
  WantedRoles wanted = with_targets(options, Level::kGraph);
  wanted.infer_features = wanted.infer_categories = false;
  wanted.numbers_are_targets = !options.schema;
  return wanted;
}

}  // namespace heed::graph
