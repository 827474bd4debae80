// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// Reads node-link JSON as networkx and d3 write it: an object with "nodes", "links" (or "edges"), and perhaps
/// "directed" and "graph"; or an array of such objects. Ids are texts, numbers or truth values; 1 and "1" differ.
/// Other entries of nodes, edges and "graph" are attributes: texts, numbers and truth values; null is missing; an array
/// of numbers gives a column for each, "x.0", "x.1". Throws Error(kData) with the line of malformed JSON, and
/// with the entry ("links[12]") for the rest.
GraphSet parse_node_link(std::string_view text, const std::string& name, const GraphReadOptions& options);

}  // namespace heed::graph
