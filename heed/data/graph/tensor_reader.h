// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/core/safetensors.h"
#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// Reads a safetensors file of graphs, plain (mapped) or packed, in the layout that its tensors show: one graph (see
/// citation_tensors.h), molecules (molecule_tensors.h), or any graphs (prepared_graphs.h). Throws Error(kData) with the file and the tensor.
GraphSet read_graph_tensors(const std::filesystem::path& path, const GraphReadOptions& options);
GraphSet parse_graph_tensors(std::vector<std::byte> file, const std::string& name,
                             const GraphReadOptions& options);

}  // namespace heed::graph
