// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace heed::graph {

// The columns that every reader of molecules gives, so that a model of one format reads the others. The values are
// texts: the symbol of the element, the formal charge ("-1", "0", "1"), "single", "double", "triple", "aromatic".
inline constexpr const char* kElementColumn = "element";
inline constexpr const char* kChargeColumn = "charge";
inline constexpr const char* kBondColumn = "bond";

// These only where the file has them: attached hydrogens as a number, and "0" or "1".
inline constexpr const char* kHydrogensColumn = "hydrogens";
inline constexpr const char* kAromaticColumn = "aromatic";
inline constexpr const char* kRingColumn = "ring";

/// The name of a bond type of MOL files and of heed's tensors, 1 to 4; null for others.
inline const char* bond_name(int type) {
  constexpr const char* kNames[] = {"single", "double", "triple", "aromatic"};
  return type >= 1 && type <= 4 ? kNames[type - 1] : nullptr;
}

}  // namespace heed::graph
