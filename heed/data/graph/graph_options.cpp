// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graph_options.h"

namespace heed::graph {

Fields fields(GraphReadOptions& options) {
  return {
      {"source", &options.source, "column of an edge table where an edge begins"},
      {"target", &options.target, "column of an edge table where an edge ends"},
      {"id", &options.id, "column of a node table that names the node"},
      {"smiles", &options.smiles, "column of a table that holds molecules as SMILES"},
      {"label", &options.label, "column or attribute of the label"},
      {"split", &options.split, "column or attribute that says train, valid or test"},
      {"targets", &options.targets, "columns or attributes of numbers to predict"},
      {"target_kind", &options.target_kind,
       "whether the label is a class or a number; auto: a number if one is not whole",
       one_of({"auto", "classes", "numbers"})},
      {"features", &options.features, "columns of numbers of nodes; empty: all others"},
      {"categories", &options.categories, "columns of categories of nodes; empty: all others of texts"},
      {"coordinates", &options.coordinates,
       "up to three columns of numbers that are coordinates of nodes; empty: those of the file's format, if "
       "any",
       [](const Field::Value& value) {
         const bool right = std::get<std::vector<std::string>*>(value)->size() <= 3;
         return right ? std::string() : std::string("must name three columns at most");
       }},
      {"edge_features", &options.edge_features, "columns of numbers of edges; empty: all others"},
      {"edge_categories", &options.edge_categories,
       "columns of categories of edges; empty: all others of texts"},
      {"ignore", &options.ignore, "columns or attributes to leave out"},
      {"directed", &options.directed, "whether edges have a direction; auto: as the file says",
       one_of({"auto", "yes", "no"})},
      {"conformer", &options.conformer,
       "of SMILES; rdkit: hydrogens are atoms, with coordinates by ETKDGv3 and MMFF94",
       one_of({"none", "rdkit"})},
      {"strict", &options.strict,
       "make a file that cannot be read, or a SMILES without a geometry, an error; otherwise it is skipped"},
  };
}

}  // namespace heed::graph
