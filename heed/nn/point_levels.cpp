// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/point_levels.h"

#include <algorithm>
#include <functional>
#include <numbers>

#include <ATen/ops/_unique2.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include "heed/attention/edges.h"

namespace heed::nn {
namespace {

/// Edges to each target from the sources near it.
struct Near {
  std::vector<int64_t> source, target;
  std::vector<double> length;
  double reach = 0;  ///< where the window ends, beyond all lengths; 0: all see all, and there is no window
};

/// Calls `look` with some rows of the matrix of distances at a time, and the number of the first.
void for_distances(const at::Tensor& targets, const at::Tensor& sources,
                   const std::function<void(const at::Tensor&, int64_t)>& look) {
  constexpr int64_t kRowsAtOnce = 512;
  for (int64_t first = 0; first < targets.size(0); first += kRowsAtOnce)
    look(at::cdist(targets.slice(0, first, std::min(first + kRowsAtOnce, targets.size(0))), sources, 2,
                   /*compute_mode=*/2),
         first);
}

/// All sources nearer than a reach that is the same for all targets, so that what a point sees does not depend on how the others happen to
/// lie: on the mean over targets a little more than `wanted`.
Near near(const at::Tensor& targets, const at::Tensor& sources, int64_t wanted) {
  constexpr double kBeyond = 1.1;  // the mean distance of the last wanted one; the window is narrow there
  const int64_t count = sources.size(0);
  Near found;
  if (wanted < count) {
    double sum = 0;
    for_distances(targets, sources, [&](const at::Tensor& distances, int64_t) {
      sum += std::get<0>(distances.kthvalue(wanted, 1)).sum().item<double>();
    });
    found.reach = kBeyond * sum / static_cast<double>(targets.size(0));
  }
  for_distances(targets, sources, [&](const at::Tensor& distances, int64_t first) {
    const at::Tensor rows = distances.contiguous();
    const auto* length = rows.const_data_ptr<double>();
    for (int64_t row = 0; row < rows.size(0); ++row) {
      for (int64_t source = 0; source < count; ++source, ++length) {
        if (found.reach > 0 && *length >= found.reach) continue;
        found.source.push_back(source), found.target.push_back(first + row);
        found.length.push_back(*length);
      }
    }
  });
  return found;
}

/// How much a source counts by its length: 1 at 0, smoothly to 0 at the reach.
at::Tensor window(const at::Tensor& lengths, double reach) {
  if (reach <= 0) return at::ones_like(lengths);
  constexpr double kLeast = 1e-6;  // a length just below the reach must not make a score infinite
  return (0.5 + 0.5 * (lengths * (std::numbers::pi / reach)).cos()).clamp_min(kLeast);
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

/// Rows for lengths, and for the weights of the sources.
PairRows rows_of(const at::Tensor& lengths, double unit, double reach, const at::Tensor& source_weights) {
  constexpr double kStep = 0.01;  // of logarithms
  const LengthRows found = length_rows(lengths * unit);
  const int64_t rows = found.length.size(0);
  const auto [weights, of_weight, counts_of_weights] =
      at::_unique2((source_weights.log() / kStep).round(), true, true);
  const auto [unique, row, counts] = at::_unique2(of_weight * rows + found.row, true, true);
  PairRows made;
  made.row = row.to(at::kInt);
  made.type = at::zeros({unique.size(0)}, at::kLong);
  made.distance = found.length.index_select(0, unique.remainder(rows));
  const at::Tensor weight = weights.index_select(0, unique.div(rows, "floor")) * kStep;
  made.bias = (window(made.distance.to(at::kDouble) / unit, reach).log() + weight).to(at::kFloat);
  return made;
}

PointEdges point_edges(const Near& near, const at::Tensor& source_weights, int64_t targets) {
  PointEdges found;
  found.edges = attention::make_edges(at::tensor(near.source), at::tensor(near.target),
                                      source_weights.size(0), targets);
  const at::Tensor lengths = at::tensor(near.length, at::kDouble).index_select(0, found.edges.order);
  const double longest = std::max({near.reach, lengths.max().item<double>(), 1e-30});
  const at::Tensor from = found.edges.source.to(at::kLong);
  const at::Tensor weights = source_weights.index_select(0, from);
  found.rows = rows_of(lengths, kPointReach / longest, near.reach, weights);
  const at::Tensor shares = weights * window(lengths, near.reach),
                   target = attention::targets_of(found.edges);
  const at::Tensor sums = at::zeros({targets}, at::kDouble).index_add(0, target, shares);
  found.means = (shares / sums.index_select(0, target)).to(at::kFloat).unsqueeze(1);
  return found;
}

/// The part of the whole that each point stands for: the inverse of how many points the window finds around it.
at::Tensor parts_of(const Near& near, int64_t points) {
  const at::Tensor lengths = at::tensor(near.length, at::kDouble);
  const at::Tensor parts =
      1 / at::zeros({points}, at::kDouble).index_add(0, at::tensor(near.target), window(lengths, near.reach));
  return parts / parts.sum();
}

PairRows on_device(const PairRows& rows, at::Device device) {
  const auto move = [&](const at::Tensor& tensor) { return tensor.defined() ? tensor.to(device) : tensor; };
  return {move(rows.row), move(rows.type), move(rows.path), move(rows.distance), move(rows.bias)};
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
      .rows = one.rows,
      .means = one.means.repeat({graphs, 1}).to(device)};
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
  std::vector<PointLevel> found;
  at::Tensor finer, parts_of_finer;
  for (int64_t level = 0, count = points.size(0); level < levels; ++level) {
    const at::Tensor here = points.slice(0, 0, count);
    const Near among = near(here, here, neighbours);
    at::Tensor parts = parts_of(among, count);
    if (level == 0 && weights.defined()) parts = weights.to(at::kCPU, at::kDouble);
    PointLevel made{.points = count,
                    .among = point_edges(among, parts, count),
                    .below = {},
                    .parts = parts.to(at::kFloat)};
    if (level > 0) made.below = point_edges(near(here, finer, neighbours), parts_of_finer, count);
    found.push_back(std::move(made));
    finer = here, parts_of_finer = parts;
    count = std::min(count, (count + 1) / 4 + 2);
  }
  return found;
}

std::vector<PointLevel> repeated(const std::vector<PointLevel>& levels, int64_t graphs, at::Device device) {
  std::vector<PointLevel> many;
  for (const auto& level : levels)
    many.push_back({level.points, repeated(level.among, graphs, device),
                    repeated(level.below, graphs, device), level.parts.to(device)});
  return many;
}

}  // namespace heed::nn
