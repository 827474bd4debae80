// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <istream>
#include <memory>
#include <string>

#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// Reads one graph from NumPy's .npz. Its arrays have the names of scipy.sparse.save_npz or of the graph benchmarks:
///
/// adjacency  data, indices, indptr, shape (and format, which must be csr), each perhaps after "adj_" or "adj_matrix."
/// features   the same after "attr_" or "attr_matrix."; or dense, [N, F]: attr_matrix, features or x
/// labels     labels or y: [N] classes, -1 where unknown; [N, K] numbers
/// splits     train_mask, val_mask, test_mask [N]
/// names      node_names, attr_names, class_names, as arrays of texts
///
/// Entry (i, j) is an edge from i to j; its value is the feature `weight` unless all are 1. Edges are directed.
/// Arrays of Python objects are never unpickled: an array that is needed is refused, names are left out with a note.
/// Throws Error(kData) with the file and the array.
GraphSet read_npz(const std::filesystem::path& path, const GraphReadOptions& options);
/// `input` must allow seeking.
GraphSet read_npz(std::unique_ptr<std::istream> input, const std::string& name,
                  const GraphReadOptions& options);

}  // namespace heed::graph
