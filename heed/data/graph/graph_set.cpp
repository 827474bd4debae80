// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graph_set.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/data/graph/categories.h"

namespace heed::graph {
namespace {

template <class T>
void add_all(std::vector<T>& to, std::vector<T>& from) {
  if (to.empty())
    to = std::move(from);
  else
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// Row pointers, each list of which begins with 0.
void add_pointers(std::vector<int64_t>& to, const std::vector<int64_t>& from) {
  const int64_t before = to.back();
  to.reserve(to.size() + from.size() - 1);
  for (size_t i = 1; i < from.size(); ++i) to.push_back(before + from[i]);
}

void add_features(Features& to, Features& from) {
  add_all(to.dense, from.dense);
  if (to.sparse()) add_pointers(to.indptr, from.indptr);
  add_all(to.indices, from.indices);
  add_all(to.values, from.values);
}

std::vector<std::string> names_of(const std::vector<Categories>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  return names.empty() ? "none" : comma_list(names);
}

const char* level_name(Level level) {
  return level == Level::kNone ? "nothing" : level == Level::kNode ? "nodes" : "graphs";
}

/// Compares two sets, and throws at the first difference that keeps them from being one.
class Agreement {
 public:
  Agreement(const GraphSet& before, const GraphSet& more, const std::string& place)
      : before_(before), more_(more), place_(place) {}

  void check() const {
    if (before_.directed != more_.directed) {
      fail(std::string("its edges are ") + (more_.directed ? "directed" : "undirected") +
           ", those of the graphs before are not; set data.directed to yes or no");
    }
    check_features("nodes", before_.node_features, more_.node_features);
    check_features("edges", before_.edge_features, more_.edge_features);
    check_names("categories of nodes", names_of(before_.node_categories), names_of(more_.node_categories));
    check_names("categories of edges", names_of(before_.edge_categories), names_of(more_.edge_categories));
    check_names("targets", before_.targets.names, more_.targets.names);
    check_level("targets", before_.targets.level, more_.targets.level);
    check_level("splits", before_.split_level, more_.split_level);
    check_presence("coordinates", before_.coordinates.empty(), more_.coordinates.empty());
    if (before_.same_points != more_.same_points ||
        (before_.same_points && before_.coordinates != more_.coordinates))
      fail("its graphs are signals on other points than those before");
    check_presence("classes", !before_.targets.has_classes(), !more_.targets.has_classes());
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { throw Error(ErrorKind::kData, message, place_); }
  void check_names(const std::string& what, const std::vector<std::string>& before,
                   const std::vector<std::string>& more) const {
    if (before == more) return;
    fail("its " + what + " are " + listed(more) + "; those of the graphs before are " + listed(before));
  }
  void check_features(const std::string& what, const Features& before, const Features& more) const {
    check_names("features of " + what, before.names, more.names);
    if (before.width != more.width) {
      fail("its " + what + " have " + std::to_string(more.width) + " features; those of the graphs before " +
           std::to_string(before.width));
    }
    if (before.sparse() != more.sparse())
      fail("its features are " + std::string(more.sparse() ? "sparse" : "dense") +
           ", unlike those of the graphs before");
  }
  void check_level(const std::string& what, Level before, Level more) const {
    if (before == more) return;
    fail("its " + what + " belong to " + level_name(more) + "; those of the graphs before to " +
         level_name(before));
  }
  void check_presence(const std::string& what, bool absent_before, bool absent) const {
    if (absent == absent_before) return;
    fail(absent ? "has no " + what + "; the graphs before have them"
                : "has " + what + "; the graphs before have none");
  }

  const GraphSet &before_, &more_;
  const std::string& place_;
};

/// Names are kept only where every graph or node has one.
void add_texts(std::vector<std::string>& to, std::vector<std::string>& from, int64_t before, int64_t more) {
  if ((before > 0 && to.empty()) || (more > 0 && from.empty()))
    to.clear();
  else
    add_all(to, from);
}

/// What must hold of one part of a set; each function returns what does not.
std::string pointer_flaw(const std::vector<int64_t>& pointers, size_t rows) {
  if (pointers.empty() || pointers.front() != 0) return "pointers begin with 0";
  if (!std::is_sorted(pointers.begin(), pointers.end())) return "pointers ascend";
  return static_cast<size_t>(pointers.back()) == rows ? "" : "pointers end with the number of rows";
}

std::string edge_flaw(const GraphSet& set) {
  if (set.source.size() != set.target.size()) return "each edge has two ends";
  if (const auto flaw = pointer_flaw(set.edge_ptr, set.source.size()); !flaw.empty()) return flaw;
  if (set.edge_ptr.size() != set.node_ptr.size()) return "each graph has nodes and edges";
  for (size_t g = 0; g + 1 < set.node_ptr.size(); ++g) {
    const int64_t nodes = set.node_ptr[g + 1] - set.node_ptr[g];
    for (auto e = static_cast<size_t>(set.edge_ptr[g]); e < static_cast<size_t>(set.edge_ptr[g + 1]); ++e) {
      for (const int64_t end : {set.source[e], set.target[e]})
        if (end < 0 || end >= nodes) return "an edge ends in its graph";
    }
  }
  return "";
}

bool all_finite(const std::vector<float>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
}

std::string feature_flaw(const Features& features, size_t rows) {
  const auto width = static_cast<size_t>(features.width);
  if (!features.names.empty() && features.names.size() != width) return "each feature has a name";
  if (!all_finite(features.dense) || !all_finite(features.values)) return "features are finite";
  if (!features.sparse()) return features.dense.size() == rows * width ? "" : "each row has its features";
  if (features.indptr.size() != rows + 1 || !features.dense.empty()) return "sparse features have a row each";
  if (features.indices.size() != features.values.size()) return "each sparse value has a column";
  if (const auto flaw = pointer_flaw(features.indptr, features.values.size()); !flaw.empty()) return flaw;
  for (size_t row = 0; row < rows; ++row) {
    int64_t before = -1;
    for (auto i = static_cast<size_t>(features.indptr[row]);
         i < static_cast<size_t>(features.indptr[row + 1]); ++i) {
      if (features.indices[i] <= before || features.indices[i] >= features.width)
        return "columns ascend and lie in the matrix";
      before = features.indices[i];
    }
  }
  return "";
}

std::string category_flaw(const Categories& column, size_t rows) {
  if (column.codes.size() != rows) return "each row has a category";
  const auto values = static_cast<int32_t>(column.values.size());
  const auto wrong = [&](int32_t code) { return code < -1 || code >= values; };
  if (std::any_of(column.codes.begin(), column.codes.end(), wrong)) return "codes lie in the dictionary";
  auto sorted = column.values;
  std::sort(sorted.begin(), sorted.end());
  if (!sorted.empty() && sorted.front().empty()) return "no value is empty";
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end() ? "" : "values are distinct";
}

std::string target_flaw(const GraphSet& set) {
  const auto rows = static_cast<size_t>(set.rows(set.targets.level));
  const auto& numbers = set.targets.numbers;
  if (numbers.size() != rows * set.targets.names.size()) return "each row has its targets";
  if (std::any_of(numbers.begin(), numbers.end(), [](double x) { return std::isinf(x); }))
    return "targets are finite or missing";
  if (set.targets.has_classes())
    if (auto flaw = category_flaw(set.targets.classes, rows); !flaw.empty()) return flaw;
  return set.split.size() == static_cast<size_t>(set.rows(set.split_level)) ? "" : "each row has a split";
}

std::string point_flaw(const GraphSet& set) {
  auto points = static_cast<size_t>(set.nodes());
  if (set.same_points) {
    points = set.coordinates.size() / 3;
    const auto nodes = static_cast<int64_t>(points);
    for (int64_t g = 0; g < set.graphs(); ++g)
      if (set.node_ptr[static_cast<size_t>(g)] != g * nodes) return "each graph has all points";
    if (set.nodes() != set.graphs() * nodes) return "each graph has all points";
    const auto& weights = set.point_weights;
    const auto positive = [](float weight) { return weight > 0 && std::isfinite(weight); };
    if (!weights.empty() &&
        (weights.size() != points || !std::all_of(weights.begin(), weights.end(), positive)))
      return "each point has a weight above 0";
  }
  const auto& coordinates = set.coordinates;
  const bool right = coordinates.empty() || (coordinates.size() == 3 * points && all_finite(coordinates));
  return right ? "" : "each node has three finite coordinates";
}

}  // namespace

int64_t GraphSet::rows(Level level) const {
  return level == Level::kNone ? 0 : level == Level::kNode ? nodes() : graphs();
}

std::string GraphSet::flaw() const {
  const auto node_rows = node_ptr.empty() ? 0 : static_cast<size_t>(node_ptr.back());
  std::string found = pointer_flaw(node_ptr, node_rows);
  const auto then = [&](const auto& check) {
    if (found.empty()) found = check();
  };
  then([&] { return edge_flaw(*this); });
  then([&] { return feature_flaw(node_features, node_rows); });
  then([&] { return feature_flaw(edge_features, source.size()); });
  for (const auto& column : node_categories) then([&] { return category_flaw(column, node_rows); });
  for (const auto& column : edge_categories) then([&] { return category_flaw(column, source.size()); });
  then([&] { return target_flaw(*this); });
  then([&] { return point_flaw(*this); });
  then([&] { return node_ids.empty() || node_ids.size() == node_rows ? "" : "each node has an id"; });
  then([&] {
    return graph_names.empty() || std::ssize(graph_names) == graphs() ? "" : "each graph has a name";
  });
  return found;
}

void append(GraphSet& set, GraphSet more, const std::string& place) {
  if (more.graphs() == 0) return;
  if (set.graphs() == 0) {
    set = std::move(more);
    return;
  }
  Agreement(set, more, place).check();
  add_texts(set.node_ids, more.node_ids, set.nodes(), more.nodes());
  add_texts(set.graph_names, more.graph_names, set.graphs(), more.graphs());
  add_pointers(set.node_ptr, more.node_ptr);
  add_pointers(set.edge_ptr, more.edge_ptr);
  add_all(set.source, more.source);
  add_all(set.target, more.target);
  add_features(set.node_features, more.node_features);
  add_features(set.edge_features, more.edge_features);
  for (size_t i = 0; i < set.node_categories.size(); ++i)
    append(set.node_categories[i], std::move(more.node_categories[i]));
  for (size_t i = 0; i < set.edge_categories.size(); ++i)
    append(set.edge_categories[i], std::move(more.edge_categories[i]));
  if (!set.same_points) add_all(set.coordinates, more.coordinates);
  append(set.targets.classes, std::move(more.targets.classes));
  add_all(set.targets.numbers, more.targets.numbers);
  add_all(set.split, more.split);
}

}  // namespace heed::graph
