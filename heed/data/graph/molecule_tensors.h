// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/core/safetensors.h"
#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// Molecules as tensors, M molecules with A atoms and B bonds:
///
/// atom_ptr, bond_ptr       [M + 1], where the atoms and bonds of each molecule begin
/// atom_z                   [A], atomic number; becomes the column `element`
/// atom_charge              [A], optional; `charge`
/// atom_h                   [A], optional, attached hydrogens that are no atoms; `hydrogens`
/// atom_flags               [A], optional, bit 0 aromatic, bit 1 in a ring; `aromatic`, `ring`
/// atom_xyz                 [A, 3], optional, Angstrom; the coordinates
/// bond_u, bond_v           [B], atoms of the molecule from 0; each bond is stored once
/// bond_type                [B], optional, 1 to 4: single, double, triple, aromatic, plus 16 in a ring; `bond`, `ring`
/// y                        [M, T] or [M], optional, numbers to predict, named by the metadata entry `targets` (a list
///                          with commas)
/// id                       [M], optional, whole numbers that become the names of the molecules
GraphSet read_molecule_tensors(const Safetensors& file, const GraphReadOptions& options);

}  // namespace heed::graph
