// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace heed::tasks {

/// How many edges the shortest path between each two nodes of a graph has, whichever way the edges lead: [nodes * nodes], the path from node i
/// to j at i * nodes + j, which is as long as that back; 0 from a node to itself, -1 where there is none. By breadth-first search from each
/// node: O(nodes * (nodes + edges)) time.
std::vector<int64_t> path_lengths(int64_t nodes, std::span<const std::pair<int64_t, int64_t>> edges);

}  // namespace heed::tasks
