// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/core/safetensors.h"
#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"
#include "heed/data/graph/table_reader.h"
#include "heed/data/sphere/signal_set.h"

namespace heed::graph {

/// Signals as graphs: each sample is one, without edges, whose nodes are the points and whose features are the channels; bytes are
/// divided by 255. Points with weight 0 are left out. Others than those of icosahedra, which are nested already, come in an order in which
/// the first ones spread over all: each is the farthest from those before it (Gonzalez 1985), as the levels of nn/point_levels.h
/// need.
GraphSet graphs_of(const sphere::SignalSet& signals);

/// The graphs of a safetensors file (sphere/signal_tensors.h) and of a table (sphere/signal_table.h) of signals. Throws Error(kData) with the file
/// for what the readers refuse.
GraphSet read_signal_tensors(const Safetensors& file, const GraphReadOptions& options);
GraphSet read_signal_table(const GraphTable& table, const GraphReadOptions& options);

}  // namespace heed::graph
