// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"
#include "heed/data/graph/table_reader.h"

namespace heed::graph {

/// Reads a table of molecules: each row is a graph, the SMILES column its atoms and bonds, and the other columns are
/// attributes of graphs. A graph is named by its column `name`, `id` or `title`, or else by its SMILES.
///
/// Without a geometry, atoms and bonds get the columns of molecule_tensors.h. With `options.conformer` = "rdkit" hydrogens are
/// atoms with coordinates, and the column `hydrogens` is left out. A molecule that has no geometry is an error if the
/// options are strict; else it is skipped, and a warning says how many were.
///
/// Throws Error(kData) with file and line for what parse_smiles() refuses, an empty cell and a row of another width than the
/// header; with the file if heed was built without RDKit, and if there is no molecule.
GraphSet read_smiles_table(const GraphTable& table, const GraphReadOptions& options);

/// Reads lines of a SMILES, blanks, and a name. A file whose first line has the name of a SMILES column is a table. An
/// extension of ChemAxon (CXSMILES, "|...|" after the SMILES), empty lines and lines that begin with '#' are skipped.
GraphSet read_smiles(const GraphTable& file, const GraphReadOptions& options);

}  // namespace heed::graph
