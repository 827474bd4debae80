// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/point_levels.h"

#include <algorithm>

#include <ATen/ops/_unique2.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include "heed/attention/edges.h"

namespace heed::nn {
namespace {

/// Edges to each target from its nearest sources, with their lengths.
struct Nearest {
  std::vector<int64_t> source, target;
  std::vector<double> length;
};

/// Of sources equally far all are near or none, so that rounding does not choose: rings of symmetric points are not broken.
Nearest nearest(const at::Tensor& targets, const at::Tensor& sources, int64_t most) {
  constexpr double kRing = 1e-4;        // relative: a step to the next distance that is none of rounding
  constexpr int64_t kRowsAtOnce = 512;  // of a matrix of distances
  const int64_t count = sources.size(0), looked = std::min(most + 1, count);
  Nearest found;
  for (int64_t first = 0; first < targets.size(0); first += kRowsAtOnce) {
    const at::Tensor some = targets.slice(0, first, std::min(first + kRowsAtOnce, targets.size(0)));
    auto [lengths, numbers] =
        at::cdist(some, sources, 2, /*compute_mode=*/2).sort(/*dim=*/1, /*descending=*/false);
    lengths = lengths.slice(1, 0, looked).contiguous(), numbers = numbers.slice(1, 0, looked).contiguous();
    for (int64_t row = 0; row < some.size(0); ++row) {
      const auto* length = lengths.const_data_ptr<double>() + row * looked;
      const auto* number = numbers.const_data_ptr<int64_t>() + row * looked;
      int64_t taken = std::min(most, count);
      while (taken > 1 && taken < looked && length[taken] - length[taken - 1] <= kRing * length[taken])
        --taken;
      for (int64_t i = 0; i < taken; ++i) {
        found.source.push_back(number[i]), found.target.push_back(first + row);
        found.length.push_back(length[i]);
      }
    }
  }
  return found;
}

/// Rows for about equal lengths: a new one begins where the lengths, in order, make a step, once the row is as wide as kWidth. Rounding
/// moves no length into another row then.
struct LengthRows {
  at::Tensor row, length;  ///< [edges] int64; [rows], the mean
};
LengthRows length_rows(const at::Tensor& lengths) {
  constexpr double kWidth = 0.01, kStep = 1e-5;
  const auto [sorted, order] = lengths.sort();
  const auto* length = sorted.const_data_ptr<double>();
  const auto* edge = order.const_data_ptr<int64_t>();
  LengthRows made{at::empty({lengths.size(0)}, at::kLong), {}};
  auto* row = made.row.mutable_data_ptr<int64_t>();
  std::vector<double> sums, counts;
  double begin = 0;
  for (int64_t i = 0; i < lengths.size(0); ++i) {
    const bool step = i == 0 || length[i] - length[i - 1] > kStep;
    if (i == 0 || (step && length[i] - begin > kWidth))
      begin = length[i], sums.push_back(0), counts.push_back(0);
    sums.back() += length[i], counts.back() += 1;
    row[edge[i]] = std::ssize(sums) - 1;
  }
  for (size_t r = 0; r < sums.size(); ++r) sums[r] /= counts[r];
  made.length = at::tensor(sums, at::kFloat);
  return made;
}

/// Rows for lengths, and for the weight of the source where there are weights.
PairRows rows_of(const at::Tensor& lengths, const at::Tensor& source_weights) {
  const LengthRows found = length_rows(lengths);
  if (!source_weights.defined())
    return {.row = found.row.to(at::kInt),
            .type = at::zeros({found.length.size(0)}, at::kLong),
            .distance = found.length,
            .bias = {}};
  constexpr double kStep = 0.01;  // of logarithms
  const int64_t rows = found.length.size(0);
  const auto [weights, of_weight, weight_counts] =
      at::_unique2((source_weights.log() / kStep).round(), true, true);
  const auto [unique, row, counts] = at::_unique2(of_weight * rows + found.row, true, true);
  return {.row = row.to(at::kInt),
          .type = at::zeros({unique.size(0)}, at::kLong),
          .distance = found.length.index_select(0, unique.remainder(rows)),
          .bias = (weights * kStep).to(at::kFloat).index_select(0, unique.div(rows, "floor"))};
}

PointEdges point_edges(const at::Tensor& targets, const at::Tensor& sources, const at::Tensor& weights,
                       int64_t neighbours) {
  const Nearest near = nearest(targets, sources, neighbours);
  PointEdges found;
  found.edges = attention::make_edges(at::tensor(near.source), at::tensor(near.target), sources.size(0),
                                      targets.size(0));
  const at::Tensor lengths = at::tensor(near.length, at::kDouble).index_select(0, found.edges.order);
  const double longest = std::max(lengths.max().item<double>(), 1e-30);
  const at::Tensor from = found.edges.source.to(at::kLong);
  found.rows = rows_of(lengths * (kPointReach / longest),
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
