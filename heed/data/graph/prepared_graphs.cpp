// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/prepared_graphs.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/graph/graph_schema_json.h"
#include "heed/data/graph/typed_array.h"
#include "heed/data/text/counts.h"
#include "heed/data/text/utf8.h"

namespace heed::graph {
namespace {

constexpr const char* kSchema = "heed_graphs";

template <class T>
constexpr Dtype dtype_of() {
  if constexpr (std::is_same_v<T, float>) return Dtype::kF32;
  if constexpr (std::is_same_v<T, double>) return Dtype::kF64;
  if constexpr (std::is_same_v<T, int64_t>) return Dtype::kI64;
  if constexpr (std::is_same_v<T, int32_t>) return Dtype::kI32;
  return Dtype::kU8;
}

/// The tensors of a set; they point into it, and into what is made for the file.
class Tensors {
 public:
  explicit Tensors(const GraphSet& set) {
    add("node_ptr", set.node_ptr, {std::ssize(set.node_ptr)});
    add("edge_ptr", set.edge_ptr, {std::ssize(set.edge_ptr)});
    add("source", set.source, {set.edges()});
    add("target", set.target, {set.edges()});
    add_features("node_features", set.node_features, set.nodes());
    add_features("edge_features", set.edge_features, set.edges());
    add_categories("node_category.", set.node_categories);
    add_categories("edge_category.", set.edge_categories);
    const int64_t points = std::ssize(set.coordinates) / 3;
    if (points > 0) add(set.same_points ? "shared_coordinates" : "coordinates", set.coordinates, {points, 3});
    if (!set.point_weights.empty()) add("point_weights", set.point_weights, {points});
    if (set.targets.has_classes()) add("classes", set.targets.classes.codes, {set.rows(set.targets.level)});
    if (!set.targets.names.empty())
      add("targets", set.targets.numbers, {set.rows(set.targets.level), std::ssize(set.targets.names)});
    if (set.split_level != Level::kNone)
      add(set.split_level == Level::kNode ? "node_split" : "graph_split", set.split,
          {set.rows(set.split_level)});
    add_texts("node_ids", set.node_ids);
    add_texts("graph_names", set.graph_names);
  }

  const std::map<std::string, TensorView>& views() const { return views_; }

 private:
  template <class T>
  void add(const std::string& name, const std::vector<T>& values, std::vector<int64_t> shape) {
    views_[name] = {dtype_of<T>(), std::move(shape), std::as_bytes(std::span(values))};
  }

  void add_features(const std::string& name, const Features& features, int64_t rows) {
    if (features.sparse()) {
      add(name + ".indptr", features.indptr, {rows + 1});
      add(name + ".indices", features.indices, {std::ssize(features.indices)});
      add(name + ".values", features.values, {std::ssize(features.values)});
    } else if (features.width > 0) {
      add(name, features.dense, {rows, features.width});
    }
  }

  void add_categories(const std::string& prefix, const std::vector<Categories>& columns) {
    for (size_t i = 0; i < columns.size(); ++i)
      add(prefix + std::to_string(i), columns[i].codes, {std::ssize(columns[i].codes)});
  }

  void add_texts(const std::string& name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    auto& [joined, begins] = texts_.emplace_back();
    begins.push_back(0);
    for (const auto& text : texts) {
      joined.insert(joined.end(), text.begin(), text.end());
      begins.push_back(std::ssize(joined));
    }
    add(name, joined, {std::ssize(joined)});
    add(name + ".ptr", begins, {std::ssize(begins)});
  }

  std::map<std::string, TensorView> views_;
  std::deque<std::pair<std::vector<uint8_t>, std::vector<int64_t>>> texts_;  ///< which do not move
};

std::map<std::string, std::string> metadata_of(const GraphSet& set) {
  return {{kSchema, format_schema(schema_of(set))}};
}

class PreparedReader {
 public:
  PreparedReader(const Safetensors& file, const GraphReadOptions& options) : file_(file), options_(options) {}

  GraphSet read() {
    read_schema();
    read_graphs();
    set_.node_features =
        features("node_features", schema_.node_features, schema_.node_feature_names, set_.nodes());
    set_.edge_features =
        features("edge_features", schema_.edge_features, schema_.edge_feature_names, set_.edges());
    set_.node_categories = categories("node_category.", schema_.node_categories, set_.nodes());
    set_.edge_categories = categories("edge_category.", schema_.edge_categories, set_.edges());
    if (schema_.coordinates) read_points();
    read_targets();
    read_splits();
    set_.node_ids = texts("node_ids", set_.nodes());
    set_.graph_names = texts("graph_names", set_.graphs());
    if (const std::string flaw = set_.flaw(); !flaw.empty())
      fail("is damaged; what does not hold is: " + flaw);
    return std::move(set_);
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorKind::kData, message, file_.name());
  }

  NamedArray shaped(const std::string& name, const std::vector<int64_t>& shape) const {
    NamedArray given{file_.at(name), file_.name(), name};
    given.expect_shape(shape);
    return given;
  }

  void read_schema() {
    const auto found = file_.metadata().find(kSchema);
    if (found == file_.metadata().end()) fail(std::string("has no '") + kSchema + "' in its metadata");
    schema_ = parse_schema(found->second, file_.name());
    set_.directed = schema_.directed;
    for (const int64_t width : {schema_.node_features, schema_.edge_features})
      if (width < 0 || width > std::numeric_limits<int32_t>::max())
        fail("has features of width " + std::to_string(width));
  }

  std::vector<int64_t> pointers(const std::string& name, int64_t last) const {
    const NamedArray given = shaped(name, {-1});
    auto values = whole_numbers(given);
    check_pointers(given, values, last < 0 && !values.empty() ? values.back() : last);
    return values;
  }

  void read_graphs() {
    set_.node_ptr = pointers("node_ptr", -1);
    if (set_.nodes() > options_.limits.nodes || set_.graphs() > options_.limits.graphs)
      fail("has " + text::grouped(set_.graphs()) + " graphs of " + text::grouped(set_.nodes()) +
           " nodes, which is beyond the limit");
    const NamedArray source = shaped("source", {-1});
    const int64_t edges = source.view.shape[0];
    if (edges > options_.limits.edges)
      fail("has " + text::grouped(edges) + " edges, which is beyond the limit");
    constexpr int32_t kMost = std::numeric_limits<int32_t>::max();
    set_.edge_ptr = pointers("edge_ptr", edges);
    set_.source = small_numbers(source, 0, kMost);
    set_.target = small_numbers(shaped("target", {edges}), 0, kMost);
    if (set_.edge_ptr.size() != set_.node_ptr.size())
      fail("has other numbers of graphs in 'node_ptr' and 'edge_ptr'");
  }

  void read_points() {
    set_.same_points = file_.contains("shared_coordinates");
    const int64_t points = set_.same_points ? -1 : set_.nodes();
    set_.coordinates =
        finite_floats(shaped(set_.same_points ? "shared_coordinates" : "coordinates", {points, 3}));
    if (set_.same_points && file_.contains("point_weights"))
      set_.point_weights = finite_floats(shaped("point_weights", {std::ssize(set_.coordinates) / 3}));
  }

  Features features(const std::string& name, int64_t width, const std::vector<std::string>& names,
                    int64_t rows) const {
    Features made;
    made.width = width;
    made.names = names;
    if (file_.contains(name + ".indptr")) {
      const NamedArray values = shaped(name + ".values", {-1});
      made.indptr = pointers(name + ".indptr", values.view.shape[0]);
      made.indices = small_numbers(shaped(name + ".indices", {values.view.shape[0]}), 0,
                                   static_cast<int32_t>(width) - 1);
      made.values = finite_floats(values);
    } else if (width > 0) {
      made.dense = finite_floats(shaped(name, {rows, width}));
    }
    return made;
  }

  Categories coded(const std::string& name, const Dictionary& dictionary, int64_t rows) const {
    const auto values = static_cast<int32_t>(dictionary.values.size());
    return {dictionary.name, dictionary.values, small_numbers(shaped(name, {rows}), -1, values - 1)};
  }

  std::vector<Categories> categories(const std::string& prefix, const std::vector<Dictionary>& columns,
                                     int64_t rows) const {
    std::vector<Categories> made;
    for (const auto& column : columns)
      made.push_back(coded(prefix + std::to_string(made.size()), column, rows));
    return made;
  }

  void read_targets() {
    set_.targets.level = schema_.target_level;
    const int64_t rows = set_.rows(schema_.target_level);
    set_.targets.classes.name = schema_.classes.name;
    if (file_.contains("classes")) set_.targets.classes = coded("classes", schema_.classes, rows);
    if (schema_.target_names.empty()) return;
    set_.targets.names = schema_.target_names;
    set_.targets.numbers = doubles_or_nan(shaped("targets", {rows, std::ssize(schema_.target_names)}));
  }

  void read_splits() {
    for (const Level level : {Level::kNode, Level::kGraph}) {
      const std::string name = level == Level::kNode ? "node_split" : "graph_split";
      if (!file_.contains(name)) continue;
      set_.split_level = level;
      set_.split.clear();
      for (const int32_t number : small_numbers(shaped(name, {set_.rows(level)}), 0, 3))
        set_.split.push_back(static_cast<Split>(number));
    }
  }

  std::vector<std::string> texts(const std::string& name, int64_t rows) const {
    std::vector<std::string> made;
    if (!file_.contains(name)) return made;
    const NamedArray joined = shaped(name, {-1});
    if (joined.view.dtype != Dtype::kU8) joined.fail("must be of type U8");
    const auto begins = pointers(name + ".ptr", joined.view.shape[0]);
    if (std::ssize(begins) != rows + 1) joined.fail("holds other than " + text::grouped(rows) + " texts");
    const auto* first = reinterpret_cast<const char*>(joined.view.bytes.data());
    for (size_t i = 0; i + 1 < begins.size(); ++i) {
      made.emplace_back(first + begins[i], first + begins[i + 1]);
      if (text::well_formed_prefix(made.back()) != made.back().size()) joined.fail("must be UTF-8");
    }
    return made;
  }

  const Safetensors& file_;
  const GraphReadOptions& options_;
  GraphSchema schema_;
  GraphSet set_;
};

}  // namespace

void write_prepared_graphs(const std::filesystem::path& path, const GraphSet& set) {
  write_safetensors(path, Tensors(set).views(), metadata_of(set));
}

std::vector<std::byte> format_prepared_graphs(const GraphSet& set) {
  return format_safetensors(Tensors(set).views(), metadata_of(set));
}

GraphSet read_prepared_graphs(const Safetensors& file, const GraphReadOptions& options) {
  return PreparedReader(file, options).read();
}

}  // namespace heed::graph
