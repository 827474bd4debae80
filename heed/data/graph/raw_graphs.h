// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heed/data/graph/attribute_table.h"
#include "heed/data/graph/graph_options.h"

namespace heed::graph {

/// Graphs of a text format while they are read. A reader fills it graph by graph; make_graph_set() finds
/// out what the attributes are for.
class RawGraphs {
 public:
  RawGraphs(std::string file, const GraphLimits& limits);

  /// Adds a node to the current graph and a row to `nodes`. Positions are lines, unless the tables say otherwise.
  void add_node(uint64_t position);
  /// Adds an edge and a row to `edges`. The ends are nodes of the current graph, from 0.
  void add_edge(int32_t source, int32_t target, uint64_t position);
  /// Ends the current graph and adds a row to `graphs`, whose attributes may follow.
  void end_graph(uint64_t position);
  int64_t nodes_of_graph() const { return nodes_ - node_ptr.back(); }

  std::string file;
  bool directed = false;
  std::vector<int64_t> node_ptr{0}, edge_ptr{0};
  std::vector<int32_t> source, target;
  std::vector<std::string> node_ids, graph_names;
  std::vector<float> coordinates;
  AttributeTable nodes, edges, graphs;

 private:
  GraphLimits limits_;
  int64_t nodes_ = 0;
};

}  // namespace heed::graph
