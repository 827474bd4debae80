// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "heed/core/safetensors.h"
#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// A GraphSet as a safetensors file, which reads back to the same set. G graphs with N nodes and E edges; of the tensors for what the set does
/// not have, none is there:
///
/// node_ptr, edge_ptr                 [G + 1] int64
/// source, target                     [E] int32, nodes of the graph from 0
/// node_features                      [N, F] float32; or node_features.indptr, .indices, .values: CSR
/// edge_features                      the same of edges
/// node_category.0, .1, ...           [N] int32, codes of the columns of categories; -1: none
/// edge_category.0, ...               [E]
/// coordinates                        [N, 3] float32; or shared_coordinates [n, 3] and point_weights [n] of signals on the same n points
/// classes                            [rows] int32; rows are nodes or graphs, as the schema says
/// targets                            [rows, T] float64, NaN where there is none
/// node_split or graph_split          uint8: 0 none, 1 train, 2 valid, 3 test
/// node_ids, graph_names              uint8, UTF-8 texts one after the other; .ptr [rows + 1] int64: where each begins
///
/// The metadata entry `heed_graphs` is the schema (graph_schema_json.h): names of columns, dictionaries, the level of targets,
/// direction.
void write_prepared_graphs(const std::filesystem::path& path, const GraphSet& set);
/// The bytes of the same file.
std::vector<std::byte> format_prepared_graphs(const GraphSet& set);

/// Throws Error(kData) with the file, and the tensor where one is at fault. Large files are checked whole: no promise of GraphSet is taken on
/// trust.
GraphSet read_prepared_graphs(const Safetensors& file, const GraphReadOptions& options);

}  // namespace heed::graph
