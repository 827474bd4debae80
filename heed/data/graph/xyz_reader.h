// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"
#include "heed/data/text/line_reader.h"

namespace heed::graph {

/// Reads the frames of an XYZ file: the number of atoms, a comment, and lines of an element (symbol or number), three
/// coordinates in Angstrom, and further columns, which are left out. A frame is a graph without edges; its comment is
/// its name.
///
/// Files of QM9 (Ramakrishnan et al. 2014) are known by their comment, "gdb 1", a tab and 15 numbers: these become the
/// numbers to predict (A, B, C, mu, alpha, homo, lumo, gap, r2, zpve, u0, u298, h298, g298, cv), "gdb 1" the name, and
/// the three lines after the atoms (frequencies, SMILES, InChI) are left out. Exponents written as "1.2*^-6" are read.
///
/// Throws Error(kData) with file and line, also for a file that ends inside a frame.
GraphSet read_xyz(text::LineReader lines, const GraphReadOptions& options);

/// Whether a file that begins so is XYZ: a number alone, a comment, and an element with three numbers.
bool begins_as_xyz(std::string_view begin);

}  // namespace heed::graph
