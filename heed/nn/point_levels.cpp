// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/point_levels.h"

#include <algorithm>

#include <ATen/ops/_unique2.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include "heed/attention/edges.h"

namespace heed::nn {
namespace {

/// The numbers of the nearest sources of each target, [targets, count].
at::Tensor nearest(const at::Tensor& targets, const at::Tensor& sources, int64_t count) {
  constexpr int64_t kRowsAtOnce = 512;  // of a matrix of distances
  const double tolerance = 1e-5 * (sources - sources.mean(0)).abs().max().item<double>() + 1e-30;
  std::vector<at::Tensor> found;
  for (int64_t row = 0; row < targets.size(0); row += kRowsAtOnce) {
    const at::Tensor some = targets.slice(0, row, std::min(row + kRowsAtOnce, targets.size(0)));
    const at::Tensor steps = (at::cdist(some, sources, 2, /*compute_mode=*/2) / tolerance).round();
    found.push_back(std::get<1>(steps.sort(/*stable=*/true, /*dim=*/1)).slice(1, 0, count));
  }
  return at::cat(found);
}

/// Rows for lengths, and for the weight of the source where there are weights.
PairRows rows_of(const at::Tensor& lengths, const at::Tensor& source_weights) {
  if (!source_weights.defined()) return pair_rows({}, lengths, kPointReach);
  constexpr double kStep = 0.01;  // of logarithms
  const auto [unique, inverse, counts] = at::_unique2((source_weights.log() / kStep).round(), true, true);
  PairRows rows = pair_rows(inverse, lengths, kPointReach);
  rows.bias = (unique * kStep).to(at::kFloat).index_select(0, rows.type);
  rows.type = at::zeros_like(rows.type);
  return rows;
}

PointEdges point_edges(const at::Tensor& targets, const at::Tensor& sources, const at::Tensor& weights,
                       int64_t neighbours) {
  const int64_t count = std::min(neighbours, sources.size(0));
  const at::Tensor source = nearest(targets, sources, count).flatten();
  const at::Tensor target = at::arange(targets.size(0), source.options()).repeat_interleave(count);
  PointEdges found;
  found.edges = attention::make_edges(source, target, sources.size(0), targets.size(0));
  const at::Tensor from = found.edges.source.to(at::kLong);
  const at::Tensor lengths =
      (sources.index_select(0, from) - targets.index_select(0, attention::targets_of(found.edges)))
          .square()
          .sum(1)
          .sqrt();
  const double longest = std::max(lengths.max().item<double>(), 1e-30);
  found.rows = rows_of((lengths * (kPointReach / longest)).to(at::kFloat),
                       weights.defined() ? weights.index_select(0, from) : at::Tensor());
  return found;
}

PairRows on_device(const PairRows& rows, at::Device device) {
  const auto move = [&](const at::Tensor& tensor) { return tensor.defined() ? tensor.to(device) : tensor; };
  return {move(rows.row), move(rows.type), move(rows.distance), move(rows.bias)};
}

PointEdges repeated(const PointEdges& one, int64_t graphs, at::Device device) {
  if (!one.edges.source.defined()) return {};
  const at::Tensor graph = at::arange(graphs, at::kLong).unsqueeze(1);
  const auto shifted = [&](const at::Tensor& nodes, int64_t count) {
    return (nodes.to(at::kLong) + graph * count).flatten().to(device);
  };
  PointEdges many{
      .edges = attention::make_edges(shifted(one.edges.source, one.edges.sources()),
                                     shifted(attention::targets_of(one.edges), one.edges.targets()),
                                     graphs * one.edges.sources(), graphs * one.edges.targets()),
      .rows = one.rows};
  many.rows.row = one.rows.row.repeat({graphs});
  many.rows = on_device(many.rows, device);
  return many;
}

}  // namespace

std::vector<PointLevel> point_levels(const at::Tensor& coordinates, const at::Tensor& weights, int64_t levels,
                                     int64_t neighbours) {
  const c10::NoGradGuard no_grad;
  TORCH_CHECK(coordinates.dim() == 2 && coordinates.size(0) > 0,
              "[point_levels] coordinates must be [points, 3], got ", coordinates.sizes());
  const at::Tensor points = coordinates.to(at::kCPU, at::kDouble);
  const at::Tensor parts = weights.defined() ? weights.to(at::kCPU, at::kDouble) : weights;
  std::vector<PointLevel> found;
  for (int64_t level = 0, count = points.size(0); level < levels; ++level) {
    const at::Tensor here = points.slice(0, 0, count);
    PointLevel made{.points = count,
                    .among = point_edges(here, here, level == 0 ? parts : at::Tensor(), neighbours),
                    .below = {}};
    if (level > 0) {
      const at::Tensor finer = points.slice(0, 0, found.back().points);
      made.below = point_edges(here, finer, level == 1 ? parts : at::Tensor(), neighbours);
    }
    found.push_back(std::move(made));
    count = std::min(count, (count + 1) / 4 + 2);
  }
  return found;
}

std::vector<PointLevel> repeated(const std::vector<PointLevel>& levels, int64_t graphs, at::Device device) {
  std::vector<PointLevel> many;
  for (const auto& level : levels)
    many.push_back(
        {level.points, repeated(level.among, graphs, device), repeated(level.below, graphs, device)});
  return many;
}

}  // namespace heed::nn
