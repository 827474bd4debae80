// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/core/safetensors.h"
#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// One graph as tensors, as the citation graphs of Planetoid are stored (Yang et al. 2016):
///
/// edge_index  [2, E], whole numbers: sources, then targets
/// x           [N, F] dense features, or x_indptr [N + 1], x_indices, x_values [entries] and x_shape [2] as CSR
/// y           [N] classes from 0, -1 where unknown; optional
/// train_mask, val_mask, test_mask  [N], 0 or 1; optional
///
/// Without features the metadata entry `num_nodes` gives N. Classes are named by their numbers, all from 0 to the
/// largest, or to the metadata entry `num_classes`. Edges are directed, since each direction is stored.
GraphSet read_citation_tensors(const Safetensors& file, const GraphReadOptions& options);

}  // namespace heed::graph
