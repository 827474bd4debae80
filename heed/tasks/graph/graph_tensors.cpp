// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/graph_tensors.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/zeros.h>

#include "heed/attention/edges.h"
#include "heed/core/error.h"
#include "heed/tasks/graph/path_lengths.h"

namespace heed::tasks {
namespace {
using graph::Categories;
using graph::Features;
using graph::GraphSet;

template <class T>
at::Tensor tensor_of(const std::vector<T>& values, at::IntArrayRef sizes) {
  const auto dtype = c10::CppTypeToScalarType<T>::value;
  return at::from_blob(const_cast<T*>(values.data()), sizes, at::TensorOptions().dtype(dtype)).clone();
}
template <class T>
at::Tensor tensor_of(const std::vector<T>& values) {
  return tensor_of(values, {std::ssize(values)});
}

int64_t values_of(const std::vector<Categories>& columns) {
  int64_t count = 0;
  for (const auto& column : columns) count += std::ssize(column.values);
  return count;
}

/// Calls `use(row, column)` for each value that a row has, columns counted from `first`.
template <class Use>
void each_value(const std::vector<Categories>& columns, int64_t first, int64_t row, Use use) {
  for (const auto& column : columns) {
    const int32_t code = column.codes[static_cast<size_t>(row)];
    if (code >= 0) use(first + code);
    first += std::ssize(column.values);
  }
}

/// [rows + spare, width] with rows of zeros at the end.
at::Tensor dense_table(const Features& features, const std::vector<Categories>& columns, int64_t rows,
                       int64_t spare) {
  const int64_t width = features.width + values_of(columns);
  at::Tensor table = at::zeros({rows + spare, width});
  float* out = table.mutable_data_ptr<float>();
  for (int64_t row = 0; row < rows; ++row, out += width) {
    std::copy_n(features.dense.data() + row * features.width, features.width, out);
    each_value(columns, features.width, row, [&](int64_t column) { out[column] = 1; });
  }
  return table;
}

/// Divides each row by its sum; rows of zeros stay.
void normalise(std::span<float> row) {
  const float sum = std::accumulate(row.begin(), row.end(), 0.0F);
  if (sum != 0)
    for (float& value : row) value /= sum;
}

Features normalised(const Features& features, int64_t rows) {
  Features made = features;
  for (int64_t row = 0; row < rows; ++row) {
    if (made.sparse()) {
      const auto begin = static_cast<size_t>(made.indptr[static_cast<size_t>(row)]);
      const auto end = static_cast<size_t>(made.indptr[static_cast<size_t>(row) + 1]);
      normalise(std::span(made.values).subspan(begin, end - begin));
    } else {
      const auto width = static_cast<size_t>(made.width);
      normalise(std::span(made.dense).subspan(static_cast<size_t>(row) * width, width));
    }
  }
  return made;
}

/// The numbers of nodes in CSR, with those of the categories.
struct SparseRows {
  std::vector<int64_t> begin{0}, columns;
  std::vector<float> values;
};
SparseRows sparse_table(const Features& features, const std::vector<Categories>& columns, int64_t rows) {
  SparseRows made;
  for (int64_t row = 0; row < rows; ++row) {
    for (auto i = static_cast<size_t>(features.indptr[static_cast<size_t>(row)]);
         i < static_cast<size_t>(features.indptr[static_cast<size_t>(row) + 1]); ++i) {
      made.columns.push_back(features.indices[i]);
      made.values.push_back(features.values[i]);
    }
    each_value(columns, features.width, row, [&](int64_t column) {
      made.columns.push_back(column);
      made.values.push_back(1);
    });
    made.begin.push_back(std::ssize(made.columns));
  }
  return made;
}

/// Number of combinations of categories that an edge may have, a missing one included.
int64_t combinations(const std::vector<Categories>& columns) {
  constexpr int64_t kMost = 1024;
  int64_t count = 1;
  for (const auto& column : columns) {
    count *= std::ssize(column.values) + 1;
    if (count > kMost)
      throw Error(ErrorKind::kData,
                  "the categories of edges have more than 1,024 combinations: leave columns out "
                  "(data.edge_categories)");
  }
  return count;
}

/// The combination of each edge, and 0 in a last row.
at::Tensor edge_types(const std::vector<Categories>& columns, int64_t edges) {
  std::vector<int64_t> types(static_cast<size_t>(edges) + 1, 0);
  int64_t stride = 1;
  for (const auto& column : columns) {
    for (size_t e = 0; e < column.codes.size(); ++e) types[e] += (column.codes[e] + 1) * stride;
    stride *= std::ssize(column.values) + 1;
  }
  return tensor_of(types);
}

}  // namespace

/// Edges of packed graphs, and the edges of the set that they come from.
struct GraphTensors::EdgeList {
  std::vector<int32_t> source, target;
  std::vector<int64_t> row;
  std::vector<int64_t> path;  ///< as nn::Graphs::path_lengths
  int64_t nodes = 0;

  void add(int64_t from, int64_t to, int64_t edge) {
    source.push_back(static_cast<int32_t>(nodes + from));
    target.push_back(static_cast<int32_t>(nodes + to));
    row.push_back(edge);
  }
};

Fields fields(GraphTensorOptions& options) {
  return {{"normalise_rows", &options.normalise_rows, "divide the features of a node by their sum"},
          {"self_loops", &options.self_loops, "give each node an edge to itself"}};
}

GraphTensors::GraphTensors(std::shared_ptr<const GraphSet> set, const GraphTensorOptions& options)
    : set_(std::move(set)), options_(options) {
  const GraphSet& s = *set_;
  const Features numbers = options.normalise_rows ? normalised(s.node_features, s.nodes()) : s.node_features;
  domain_.features = numbers.width + values_of(s.node_categories);
  if (domain_.features == 0 && s.coordinates.empty())
    throw Error(ErrorKind::kData,
                "the nodes have neither features, categories nor coordinates; give them one column at least");
  if (numbers.sparse()) {
    const SparseRows rows = sparse_table(numbers, s.node_categories, s.nodes());
    row_begin_ = tensor_of(rows.begin), columns_ = tensor_of(rows.columns), values_ = tensor_of(rows.values);
  } else {
    features_ = dense_table(numbers, s.node_categories, s.nodes(), 0);
  }
  domain_.edge_features = s.edge_features.width + values_of(s.edge_categories);
  if (domain_.edge_features > 0)
    edge_features_ = dense_table(s.edge_features, s.edge_categories, s.edges(), 1);
  domain_.edge_types = combinations(s.edge_categories);
  if (domain_.edge_types > 1) edge_types_ = edge_types(s.edge_categories, s.edges());
  domain_.coordinates = !s.coordinates.empty();
  domain_.same_points = s.same_points;
  if (domain_.coordinates) coordinates_ = tensor_of(s.coordinates, {std::ssize(s.coordinates) / 3, 3});
  if (!s.point_weights.empty()) weights_ = tensor_of(s.point_weights);
}

GraphTensors::EdgeList GraphTensors::list_edges(std::span<const size_t> graphs,
                                                nn::Neighbours neighbours) const {
  const bool all_pairs = neighbours != nn::Neighbours::kEdges;
  EdgeList list;
  std::vector<int64_t> rows;  // of all pairs of a graph
  std::vector<std::pair<int64_t, int64_t>> stored;
  const bool with_paths =
      neighbours == nn::Neighbours::kAll && set_->edges() > 0 && !domain_.coordinates;  // places say more
  for (const size_t g : graphs) {
    const int64_t nodes = set_->node_ptr[g + 1] - set_->node_ptr[g];
    if (all_pairs) rows.assign(static_cast<size_t>(nodes * nodes), -1);
    stored.clear();
    for (int64_t e = set_->edge_ptr[g]; e < set_->edge_ptr[g + 1]; ++e) {
      const int64_t from = set_->source[static_cast<size_t>(e)], to = set_->target[static_cast<size_t>(e)];
      if (from == to && options_.self_loops && !all_pairs) continue;
      const bool both = !set_->directed && from != to;
      if (with_paths) stored.emplace_back(from, to);
      if (all_pairs) {
        rows[static_cast<size_t>(to * nodes + from)] = e;
        if (both) rows[static_cast<size_t>(from * nodes + to)] = e;
      } else {
        list.add(from, to, e);
        if (both) list.add(to, from, e);
      }
    }
    if (all_pairs) {
      for (int64_t to = 0; to < nodes; ++to)
        for (int64_t from = 0; from < nodes; ++from)
          if (from != to || neighbours == nn::Neighbours::kAll)
            list.add(from, to, rows[static_cast<size_t>(to * nodes + from)]);
      if (with_paths) {
        const auto paths = path_lengths(nodes, stored);
        list.path.insert(list.path.end(), paths.begin(), paths.end());
      }
    } else if (options_.self_loops) {
      for (int64_t i = 0; i < nodes; ++i) list.add(i, i, -1);
    }
    list.nodes += nodes;
  }
  return list;
}

nn::NodeFeatures GraphTensors::take_features(std::span<const size_t> graphs) const {
  nn::NodeFeatures taken;
  if (features_.defined()) {
    std::vector<at::Tensor> parts;
    for (const size_t g : graphs)
      parts.push_back(features_.slice(0, set_->node_ptr[g], set_->node_ptr[g + 1]));
    taken.dense = parts.size() == 1 ? parts.front() : at::cat(parts);
    return taken;
  }
  std::vector<at::Tensor> counts, columns, values;
  for (const size_t g : graphs) {
    const at::Tensor begin = row_begin_.slice(0, set_->node_ptr[g], set_->node_ptr[g + 1] + 1);
    const auto first = begin[0].item<int64_t>(), last = begin[-1].item<int64_t>();
    counts.push_back(begin.diff());
    columns.push_back(columns_.slice(0, first, last));
    values.push_back(values_.slice(0, first, last));
  }
  const at::Tensor begin = at::cat({at::zeros({1}, at::kLong), at::cat(counts).cumsum(0)});
  taken.sparse = nn::sparse_matrix(begin, at::cat(columns), at::cat(values), domain_.features);
  return taken;
}

nn::Graphs GraphTensors::pack(std::span<const size_t> graphs, nn::Neighbours neighbours) const {
  nn::Graphs packed;
  packed.features = take_features(graphs);
  const EdgeList list = list_edges(graphs, neighbours);
  packed.edges =
      attention::make_edges(tensor_of(list.source), tensor_of(list.target), list.nodes, list.nodes);
  std::vector<int64_t> begin{0};
  std::vector<at::Tensor> points;
  for (const size_t g : graphs) {
    begin.push_back(begin.back() + set_->node_ptr[g + 1] - set_->node_ptr[g]);
    if (domain_.coordinates && !domain_.same_points)
      points.push_back(coordinates_.slice(0, set_->node_ptr[g], set_->node_ptr[g + 1]));
  }
  packed.begin = tensor_of(begin);
  if (domain_.same_points) {
    packed.points = coordinates_, packed.weights = weights_;
    packed.coordinates = coordinates_.repeat({std::ssize(graphs), 1});
  } else if (domain_.coordinates) {
    packed.coordinates = at::cat(points);
  }
  if (!list.path.empty()) packed.path_lengths = tensor_of(list.path).index_select(0, packed.edges.order);
  if (edge_features_.defined() || edge_types_.defined()) {
    at::Tensor rows = tensor_of(list.row).index_select(0, packed.edges.order);
    rows = rows.where(rows >= 0, set_->edges());
    if (edge_features_.defined()) packed.edge_features = edge_features_.index_select(0, rows);
    if (edge_types_.defined()) packed.edge_types = edge_types_.index_select(0, rows);
  }
  return packed;
}

std::vector<int64_t> GraphTensors::edge_rows(std::span<const size_t> graphs,
                                             nn::Neighbours neighbours) const {
  const EdgeList list = list_edges(graphs, neighbours);
  const auto edges =
      attention::make_edges(tensor_of(list.source), tensor_of(list.target), list.nodes, list.nodes);
  const at::Tensor rows = tensor_of(list.row).index_select(0, edges.order);
  const int64_t* first = rows.const_data_ptr<int64_t>();
  return {first, first + rows.numel()};
}

nn::Graphs to_device(const nn::Graphs& graphs, at::Device device) {
  if (device.is_cpu()) return graphs;
  const auto move = [&](const at::Tensor& tensor) { return tensor.defined() ? tensor.to(device) : tensor; };
  const auto move_edges = [&](const attention::Edges& e) -> attention::Edges {
    return {move(e.target_begin), move(e.source), move(e.source_begin),
            move(e.edge),         move(e.target), move(e.order)};
  };
  nn::Graphs moved;
  moved.features = {.dense = move(graphs.features.dense), .sparse = {}};
  if (graphs.features.is_sparse())
    moved.features.sparse = {move_edges(graphs.features.sparse.entries), move(graphs.features.sparse.values)};
  moved.edges = move_edges(graphs.edges);
  moved.edge_features = move(graphs.edge_features);
  moved.edge_types = move(graphs.edge_types);
  moved.path_lengths = move(graphs.path_lengths);
  moved.coordinates = move(graphs.coordinates);
  moved.points = move(graphs.points);
  moved.weights = move(graphs.weights);
  moved.begin = move(graphs.begin);
  return moved;
}

}  // namespace heed::tasks
