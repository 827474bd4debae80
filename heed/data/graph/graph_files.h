// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// Reads files and folders of graphs into one set, in order, and notes what it holds in one line.
///
/// The format of a file follows from its ending, or from its content where the ending says nothing. A table of edges is
/// joined with the table of nodes beside it: the only two among the files given or in one folder, or those whose names
/// are the same but for words such as "edges" and "nodes". Of folders, files of other endings are passed over, and noted;
/// a file that cannot be read is skipped with a warning unless `strict` is set or nothing else is there.
///
/// Files without splits of their own belong to the split in their name or folder ("qm9-valid.sdf"), to train if
/// only others name one, and to none if no name says a split.
///
/// Throws Error(kData) if there is nothing to read, for what a reader refuses, and for files that do not fit together.
GraphSet read_graphs(const std::vector<std::filesystem::path>& paths, const GraphReadOptions& options = {});

}  // namespace heed::graph
