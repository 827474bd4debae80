// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"
#include "heed/data/text/line_reader.h"

namespace heed::graph {

/// Reads the molecules of an SDF or MOL file, V2000 and V3000 (Dassault CTfile formats): atoms with element, charge and
/// coordinates, bonds with their type, the title as the name of the graph, and data fields (`> <name>`) as attributes
/// of graphs. Coordinates are kept if each molecule has some and none is a drawing ("2D" in its second line). Throws
/// Error(kData) with file and line, also for a file that ends inside a molecule.
GraphSet read_sdf(text::LineReader lines, const GraphReadOptions& options);

}  // namespace heed::graph
