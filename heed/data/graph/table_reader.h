// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"

namespace heed::graph {

enum class TableKind { kEdges, kNodes, kMolecules, kSignals };

/// The content of a file of comma- or tab-separated values, unpacked, and its name in messages.
struct GraphTable {
  std::string file, text;
};

/// What a table lists, by the names in its first row: edges where it has a source and a target, or has no header and
/// two or three columns; molecules where it has SMILES (see smiles_reader.h); else nodes where it has an id. Throws
/// Error(kData) where it is none of them.
TableKind kind_of_table(const GraphTable& table, const GraphReadOptions& options);
/// Whether a table, also one of molecules, may list nodes: it has an id.
bool has_node_ids(const GraphTable& table, const GraphReadOptions& options);

/// Reads one graph from a table of edges and, if there is one, a table of its nodes.
///
/// With a table of nodes, nodes stand in its order. Throws Error(kData) with file and line for two nodes of one id, for
/// an edge whose end is not in the table, and for a row with more or fewer cells than the header. Without one, the
/// nodes are the ends of the edges, in natural order: 2 before 10.
GraphSet read_graph_tables(const GraphTable& edges, const std::optional<GraphTable>& nodes,
                           const GraphReadOptions& options);

}  // namespace heed::graph
