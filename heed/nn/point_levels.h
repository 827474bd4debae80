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
  at::Tensor
      means;  ///< [edges, 1] float32, numbered as edges: weights of a mean around each target, by parts and window
};
constexpr double kPointReach = 4;

/// One level of points: the first so many of all.
struct PointLevel {
  int64_t points = 0;
  PointEdges among;  ///< each point and the ones near it, itself too
  PointEdges below;  ///< each point and those of the finer level near it; without edges in the first level
  at::Tensor parts;  ///< [points]: the part of the whole that each stands for; they sum to about 1
};

/// Levels of points from fine to coarse: of each level the first quarter, (n - 2) / 4 + 2 rounded up, is the next one, which makes levels
/// of nested icosahedra. The points must stand in an order in which the first ones spread over all of them.
///
/// coordinates  [points, 3]
/// weights      [points], the part of the whole that a point stands for; undefined, and on coarser levels: the inverse of how many
///              others lie around it
///
/// A point attends to all others within a reach that is the same for all points of a level, on the mean some more than `neighbours`, itself
/// too; to all where there are no more. Into scores goes the logarithm of the part for which a source stands, so that sums over keys are
/// integrals (Bonev et al. 2025, arXiv:2505.11157), and that of a window that falls to 0 at the reach: an integral does not see how
/// points happen to lie. O(points^2) time.
std::vector<PointLevel> point_levels(const at::Tensor& coordinates, const at::Tensor& weights, int64_t levels,
                                     int64_t neighbours);

/// The same for graphs one after the other, on a device.
std::vector<PointLevel> repeated(const std::vector<PointLevel>& levels, int64_t graphs, at::Device device);

}  // namespace heed::nn
