// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// Reads GraphML (http://graphml.graphdrawing.org): its graphs, nodes, edges and the attributes that keys declare, with
/// their defaults. A key of the type string is a text; keys without attr.name, such as those of drawings, are left out.
/// Where some edges are directed and others are not, each that is not is stored in both directions. Nested graphs and
/// hyperedges are refused. Throws Error(kData) with file and line. No entity but XML's own is expanded, and no other
/// file is read.
GraphSet parse_graphml(std::string_view text, const std::string& name, const GraphReadOptions& options);

}  // namespace heed::graph
