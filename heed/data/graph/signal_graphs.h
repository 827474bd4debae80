// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/data/graph/graph_set.h"
#include "heed/data/sphere/signal_set.h"

namespace heed::graph {

/// Signals as graphs: each sample is one, without edges, whose nodes are the points and whose features are the channels; bytes are
/// divided by 255. Points with weight 0 are left out. Others than those of icosahedra, which are nested already, come in an order in which
/// the first ones spread over all: each is the farthest from those before it (Gonzalez 1985), as the levels of nn/point_levels.h
/// need.
GraphSet graphs_of(const sphere::SignalSet& signals);

}  // namespace heed::graph
