// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "heed/rendering/canvas.h"

namespace heed::rendering {

/// Places the nodes of a graph in the plane: edges pull their ends together, all nodes push each other away (Fruchterman and Reingold
/// 1991). The same graph always gives the same places. Edges are about 1 long. Takes O(nodes^2) time for each of a few hundred
/// rounds: for graphs that people can read.
std::vector<Point> spring_layout(size_t nodes, std::span<const std::pair<size_t, size_t>> edges);

/// The view of points in space from which they spread most: their first two principal components. Points that differ in x and y only
/// stay as they are, with y upwards. `points` is [nodes, 3].
std::vector<Point> flat_view(std::span<const float> points);

}  // namespace heed::rendering
