// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"
#include "heed/nn/pair_relation.h"

namespace heed::nn {

/// Who attends to whom among points that all graphs of a batch share, and how far apart the two are. Nodes of the graphs follow each other.
struct PointEdges {
  attention::Edges edges;
  PairRows rows;  ///< of the lengths, in units in which the longest one is kPointReach
};
constexpr double kPointReach = 4;

/// One level of points: the first so many of all.
struct PointLevel {
  int64_t points = 0;
  PointEdges among;  ///< each point and its nearest ones, itself too
  PointEdges below;  ///< each point and the nearest ones of the finer level; without edges in the first level
};

/// Levels of points from fine to coarse: of each level the first quarter, (n - 2) / 4 + 2 rounded up, is the next one, which makes levels
/// of nested icosahedra. The points must stand in an order in which the first ones spread over all of them.
///
/// coordinates  [points, 3]
/// weights      [points], the part of the whole that a point stands for, or undefined: equal parts. Where sources are points of the
///              finest level, the logarithm of theirs goes into scores, so that sums over keys are integrals (Bonev et al. 2025,
///              arXiv:2505.11157); points of coarser levels stand for equal parts
///
/// A point attends to the `neighbours` nearest ones, itself too, or to all where there are no more; to fewer where the last ones are equally
/// far and not all find room, so that rounding does not choose among them. O(points^2 log points) time.
std::vector<PointLevel> point_levels(const at::Tensor& coordinates, const at::Tensor& weights, int64_t levels,
                                     int64_t neighbours);

/// The same for graphs one after the other, on a device.
std::vector<PointLevel> repeated(const std::vector<PointLevel>& levels, int64_t graphs, at::Device device);

}  // namespace heed::nn
