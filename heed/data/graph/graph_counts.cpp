// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graph_counts.h"

#include <algorithm>
#include <vector>

#include "heed/data/text/counts.h"

namespace heed::graph {
namespace {

uint64_t pair_key(int64_t source, int64_t target) {
  return static_cast<uint64_t>(source) << 32 | static_cast<uint64_t>(target);
}

/// The edges of one graph as sorted keys.
void count_pairs(std::vector<uint64_t>& keys, GraphCounts& counts) {
  std::sort(keys.begin(), keys.end());
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto source = static_cast<int64_t>(keys[i] >> 32),
               target = static_cast<int64_t>(keys[i] & 0xFFFFFFFF);
    if (i > 0 && keys[i] == keys[i - 1]) ++counts.duplicate_edges;
    if (source == target)
      ++counts.self_loops;
    else if (std::binary_search(keys.begin(), keys.end(), pair_key(target, source)))
      ++counts.both_directions;
  }
}

struct NodeEnds {
  int64_t degree = 0;
  bool has_neighbour = false;
};

void count_nodes(const std::vector<NodeEnds>& ends, GraphCounts& counts, bool first) {
  for (const auto& node : ends) {
    counts.isolated_nodes += node.has_neighbour ? 0 : 1;
    counts.smallest_degree = first ? node.degree : std::min(counts.smallest_degree, node.degree);
    counts.largest_degree = std::max(counts.largest_degree, node.degree);
    first = false;
  }
}

}  // namespace

GraphCounts count(const GraphSet& set) {
  GraphCounts counts{.graphs = set.graphs(), .nodes = set.nodes(), .edges = set.edges()};
  if (set.same_points) counts.shared_points = static_cast<int64_t>(set.coordinates.size() / 3);
  std::vector<uint64_t> keys;
  std::vector<NodeEnds> ends;
  for (size_t g = 0; g + 1 < set.node_ptr.size(); ++g) {
    keys.clear();
    ends.assign(static_cast<size_t>(set.node_ptr[g + 1] - set.node_ptr[g]), {});
    for (auto e = static_cast<size_t>(set.edge_ptr[g]); e < static_cast<size_t>(set.edge_ptr[g + 1]); ++e) {
      const auto source = static_cast<size_t>(set.source[e]), target = static_cast<size_t>(set.target[e]);
      keys.push_back(pair_key(set.source[e], set.target[e]));
      ++ends[target].degree;
      if (source == target) continue;
      ends[source].degree += set.directed ? 0 : 1;
      ends[source].has_neighbour = ends[target].has_neighbour = true;
    }
    count_pairs(keys, counts);
    count_nodes(ends, counts, set.node_ptr[g] == 0);
  }
  return counts;
}

std::string GraphCounts::line() const {
  using text::grouped;
  const std::string flaws = text::list_counts({{both_directions, "stored in both directions"},
                                               {self_loops, "self-loops"},
                                               {duplicate_edges, "duplicates"}});
  if (shared_points > 0 && edges == 0)
    return grouped(graphs) + (graphs == 1 ? " signal on " : " signals on ") + grouped(shared_points) +
           " points";
  std::string line = graphs == 1 ? "" : grouped(graphs) + " graphs, ";
  line += grouped(nodes) + " nodes, " + grouped(edges) + " edges";
  if (!flaws.empty()) line += " (" + flaws + ")";
  if (isolated_nodes > 0) line += ", " + grouped(isolated_nodes) + " isolated nodes";
  return line + ", degree " + grouped(smallest_degree) + " to " + grouped(largest_degree);
}

}  // namespace heed::graph
