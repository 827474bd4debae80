// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/shown_text.h"

namespace heed::graph {

struct SmilesAtom {
  std::string_view element;  ///< symbol, in static memory
  int charge = 0;
  int hydrogens = 0;  ///< attached ones that are no atoms
  bool aromatic = false, in_ring = false;
  float xyz[3] = {0, 0, 0};  ///< Angstrom, where a geometry was asked for
};

struct SmilesBond {
  int32_t from = 0, to = 0;  ///< atoms from 0
  const char* type = "";     ///< see molecule_columns.h
  bool in_ring = false;
};

struct SmilesMolecule {
  std::vector<SmilesAtom> atoms;
  std::vector<SmilesBond> bonds;
  std::string no_geometry;  ///< why there are no coordinates though they were asked for; "" otherwise
};

enum class SmilesGeometry {
  kNone,   ///< heavy atoms with their number of hydrogens
  kRdkit,  ///< each hydrogen is an atom; coordinates by ETKDGv3 (Riniker and Landrum 2015), then MMFF94
};

/// Why this heed reads no file of SMILES, and what to do about it; "" where it was built with RDKit.
std::string no_smiles();

/// The molecule of a SMILES as RDKit understands it (its aromaticity and rings). Atoms and bonds are in the order of the SMILES,
/// hydrogens that become atoms after them. Isotopes and stereochemistry are left out, but a geometry follows them.
///
/// Geometries are drawn with one seed: the same SMILES gives the same coordinates, up to what another RDKit changes. Where
/// MMFF94 has no parameters for an atom they are those of ETKDGv3.
///
/// Throws Error(kData) with `place` for a SMILES that RDKit refuses, and says what RDKit said; for `*` and other atoms that
/// are no elements; and for bonds that are not single, double, triple or aromatic. Threads take turns.
SmilesMolecule parse_smiles(std::string_view smiles, SmilesGeometry geometry, const std::string& place);

/// The SMILES in a message: quoted, one line, and its end left out where it is long.
inline std::string shown_smiles(std::string_view smiles) {
  constexpr size_t kMost = 60;
  const std::string whole = printable(smiles.substr(0, 4 * kMost)), cut = cut_to_columns(whole, kMost);
  return "'" + cut + (cut.size() < whole.size() ? "...'" : "'");
}

}  // namespace heed::graph
