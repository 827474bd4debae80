// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// What a reader of a set wants to know before training on it.
struct GraphCounts {
  int64_t graphs = 0, nodes = 0;
  int64_t edges = 0;            ///< as stored
  int64_t self_loops = 0;       ///< edges from a node to itself
  int64_t duplicate_edges = 0;  ///< edges whose source and target an earlier edge has
  int64_t both_directions = 0;  ///< edges, without self-loops, whose reverse is stored too
  int64_t isolated_nodes = 0;   ///< nodes without an edge to another node
  int64_t smallest_degree = 0;  ///< edges that arrive at a node; undirected: edges that touch it
  int64_t largest_degree = 0;
  int64_t shared_points = 0;  ///< on which all graphs are signals

  /// "2,708 nodes, 10,556 edges (10,556 stored in both directions), degree 1 to 168". Counts of zero are left out.
  std::string line() const;
};

/// Memory: 8 bytes for each edge of the largest graph. Time: as for sorting the edges.
GraphCounts count(const GraphSet& set);

}  // namespace heed::graph
