// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/graph_transforms.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linalg_det.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>

#include "heed/attention/edges.h"

namespace heed::tasks {
namespace {

at::Tensor rows(const at::Tensor& table, const at::Tensor& order) {
  return table.defined() ? table.index_select(0, order) : table;
}

/// The number that each old row gets.
at::Tensor places_of(const at::Tensor& order) {
  at::Tensor places = at::empty_like(order);
  return places.index_put_({order}, at::arange(order.size(0)));
}

nn::NodeFeatures reordered(const nn::NodeFeatures& features, const at::Tensor& order,
                           const at::Tensor& places) {
  if (!features.is_sparse()) return {.dense = rows(features.dense, order), .sparse = {}};
  const auto& entries = features.sparse.entries;
  const at::Tensor row = places.index_select(0, attention::targets_of(entries));
  nn::NodeFeatures made;
  made.sparse.entries = attention::make_edges(entries.source, row, entries.sources(), entries.targets());
  made.sparse.values = rows(features.sparse.values, made.sparse.entries.order);
  return made;
}

at::Tensor turned(const at::Tensor& points, const at::Tensor& rotation) {
  if (!points.defined()) return points;
  return at::matmul(points.to(at::kDouble), rotation.t()).to(points.scalar_type());
}

}  // namespace

nn::Graphs relabelled(const nn::Graphs& graphs, const at::Tensor& order) {
  TORCH_CHECK(graphs.count() == 1, "[relabelled] takes one graph, got ", graphs.count());
  const at::Tensor places = places_of(order);
  const auto& edges = graphs.edges;
  nn::Graphs made = graphs;
  made.features = reordered(graphs.features, order, places);
  made.edges = attention::make_edges(places.index_select(0, edges.source.to(at::kLong)),
                                     places.index_select(0, attention::targets_of(edges)), edges.sources(),
                                     edges.targets());
  made.edge_features = rows(graphs.edge_features, made.edges.order);
  made.edge_types = rows(graphs.edge_types, made.edges.order);
  made.path_lengths = rows(graphs.path_lengths, made.edges.order);
  made.coordinates = rows(graphs.coordinates, order);
  made.points = rows(graphs.points, order);
  made.weights = rows(graphs.weights, order);
  return made;
}

nn::Graphs rotated(const nn::Graphs& graphs, const at::Tensor& rotation) {
  nn::Graphs made = graphs;
  made.coordinates = turned(graphs.coordinates, rotation);
  made.points = turned(graphs.points, rotation);
  return made;
}

at::Tensor random_rotation() {
  auto [q, r] = at::linalg_qr(at::randn({3, 3}, at::kDouble));
  q = q * r.diagonal().sign();  // without it the decomposition prefers some rotations
  if (at::linalg_det(q).item<double>() < 0) q.select(1, 0).neg_();
  return q;
}

}  // namespace heed::tasks
