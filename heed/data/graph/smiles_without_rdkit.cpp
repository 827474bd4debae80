// SPDX-License-Identifier: Apache-2.0
// smiles.h where HEED_RDKIT found no RDKit.
#include "heed/core/error.h"
#include "heed/data/graph/smiles.h"

namespace heed::graph {

std::string no_smiles() {
  return "holds SMILES, which RDKit reads, and this heed was built without it: install librdkit-dev and "
         "libboost-dev and build heed again, or convert the molecules to SDF";
}

SmilesMolecule parse_smiles(std::string_view /*smiles*/, SmilesGeometry /*geometry*/,
                            const std::string& place) {
  throw Error(ErrorKind::kData, no_smiles(), place);
}

}  // namespace heed::graph
