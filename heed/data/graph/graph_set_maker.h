// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"
#include "heed/data/graph/raw_graphs.h"

namespace heed::graph {

/// The set that the graphs make up, by the names and kinds of their attributes (docs/graph-formats.md), the options and
/// the schema. Throws Error(kData) with the place of the row for a feature that is missing or not finite, a split that
/// is no known word and a value that the schema does not know, and with the file for a column that is not there.
GraphSet make_graph_set(RawGraphs raw, const GraphReadOptions& options);

/// The last steps for a reader that fills a set itself: the targets, columns and direction that the options ask for, and
/// the schema.
void finish_set(GraphSet& set, const GraphReadOptions& options, const RowPlaces& places);

}  // namespace heed::graph
