// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heed/core/field.h"
#include "heed/data/graph/graph_schema.h"

namespace heed::graph {

/// What a file may ask for at most. More is an error that names the limit.
struct GraphLimits {
  int64_t graphs = 50'000'000, nodes = 200'000'000, edges = 1'000'000'000;
  size_t columns = 65'536;                  ///< attributes of nodes, edges or graphs
  size_t categories = 100'000;              ///< different values of one column
  uint64_t bytes = uint64_t{4} << 30;       ///< of an unpacked file
  uint64_t tree_bytes = uint64_t{1} << 30;  ///< of JSON and GraphML, which take several times that in memory
  size_t line_bytes = size_t{16} << 20;     ///< of SDF and XYZ
  size_t smiles_bytes = 2000;               ///< of one SMILES; RDKit takes 6 s for a chain of so many atoms
  int depth = 16;                           ///< nesting of JSON and GraphML
};

/// How graphs are read. Names of columns are those of tables and of the attributes of GraphML, JSON and SDF; empty
/// ones are recognised (docs/graph-formats.md lists the names).
struct GraphReadOptions {
  std::string source = {}, target = {};         ///< columns of an edge table
  std::string id = {}, label = {}, split = {};  ///< columns of nodes; label and split also of graphs
  std::string smiles = {};                      ///< column of a table of molecules
  std::vector<std::string> targets = {};        ///< numbers to predict
  std::string target_kind = "auto";             ///< of the label: classes, numbers, or auto
  std::vector<std::string> features = {};       ///< of nodes; empty: the other columns of numbers
  std::vector<std::string> categories = {};     ///< of nodes; empty: the other columns of texts
  std::vector<std::string> coordinates =
      {};  ///< of nodes: one to three columns of numbers; empty: those of the format
  std::vector<std::string> edge_features = {}, edge_categories = {};  ///< the same of edges
  std::vector<std::string> ignore = {};                               ///< columns that are left out
  std::string directed = "auto";   ///< whether edges have a direction: yes, no, or auto: as the file says
  std::string conformer = "none";  ///< of molecules given as SMILES: none, or rdkit (see smiles.h)
  bool strict = false;  ///< a file of a folder that cannot be read, or a SMILES without geometry, is an error
  std::optional<GraphSchema> schema = {};  ///< of a model; empty: learned from the data
  GraphLimits limits = {};
};

/// The fields that a user sets.
Fields fields(GraphReadOptions& options);

}  // namespace heed::graph
