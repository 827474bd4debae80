// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/raw_graphs.h"

#include <limits>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/text/counts.h"

namespace heed::graph {
namespace {

void check_count(int64_t count, int64_t limit, const char* what, const AttributeTable& table,
                 uint64_t position) {
  if (count <= limit) return;
  throw Error(ErrorKind::kData, "more than " + text::grouped(limit) + " " + what, table.place_of(position));
}

std::function<std::string(uint64_t)> lines_of(const std::string& file) {
  return [file](uint64_t line) { return file + ", line " + std::to_string(line); };
}

}  // namespace

RawGraphs::RawGraphs(std::string name, const GraphLimits& limits)
    : file(std::move(name)),
      nodes(limits.columns, lines_of(file)),
      edges(limits.columns, lines_of(file)),
      graphs(limits.columns, lines_of(file)),
      limits_(limits) {}

void RawGraphs::add_node(uint64_t position) {
  check_count(++nodes_, limits_.nodes, "nodes", nodes, position);
  check_count(nodes_of_graph(), std::numeric_limits<int32_t>::max(), "nodes of one graph", nodes, position);
  nodes.add_row(position);
}

void RawGraphs::add_edge(int32_t from, int32_t to, uint64_t position) {
  check_count(std::ssize(source) + 1, limits_.edges, "edges", edges, position);
  source.push_back(from);
  target.push_back(to);
  edges.add_row(position);
}

void RawGraphs::end_graph(uint64_t position) {
  check_count(std::ssize(node_ptr), limits_.graphs, "graphs", graphs, position);
  node_ptr.push_back(nodes_);
  edge_ptr.push_back(std::ssize(source));
  graphs.add_row(position);
}

}  // namespace heed::graph
