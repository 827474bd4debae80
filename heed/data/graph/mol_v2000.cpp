// SPDX-License-Identifier: Apache-2.0
// The older form of a MOL block: columns of fixed widths.
#include <algorithm>

#include "heed/core/shown_text.h"
#include "heed/data/graph/mol_block.h"
#include "heed/data/graph/number_cell.h"

namespace heed::graph {
namespace {

constexpr int64_t kMostOfThreeDigits = 999;

/// The part of a line at a column; shorter or empty where the line ends before.
std::string_view field(std::string_view line, size_t column, size_t width) {
  return line.substr(std::min(column, line.size()), width);
}

/// The charge that the number in an atom's line stands for; 4 is a radical.
int charge_of_code(int64_t code) {
  constexpr int kCharges[] = {0, 3, 2, 1, 0, -1, -2, -3};
  return kCharges[code];
}

MolAtom v2000_atom(const text::LineReader& lines, std::string_view line) {
  MolAtom atom;
  for (size_t i = 0; i < 3; ++i) atom.xyz[i] = need_coordinate(lines, field(line, 10 * i, 10));
  atom.element = need_element(lines, field(line, 31, 3));
  const std::string_view charge = trimmed(field(line, 36, 3));
  if (!charge.empty())
    atom.charge = charge_of_code(need_number(lines, charge, "the charge of an atom", 0, 7));
  atom.line = static_cast<size_t>(lines.line_number());
  return atom;
}

MolBond v2000_bond(const text::LineReader& lines, std::string_view line, size_t atoms) {
  const auto most = static_cast<int64_t>(atoms);
  MolBond bond;
  bond.from = static_cast<int32_t>(need_number(lines, field(line, 0, 3), "the atom of a bond", 1, most) - 1);
  bond.to = static_cast<int32_t>(need_number(lines, field(line, 3, 3), "the atom of a bond", 1, most) - 1);
  bond.type = need_bond_type(lines, field(line, 6, 3));
  bond.line = static_cast<size_t>(lines.line_number());
  return bond;
}

/// "M  CHG  2   3   1   5  -1": charges of atoms, which replace all that the atoms' own lines say.
void use_charges(const text::LineReader& lines, std::string_view line, bool first, MolBlock& block) {
  if (first)
    for (auto& atom : block.atoms) atom.charge = 0;
  const int64_t count = need_number(lines, field(line, 6, 3), "the number of charges", 0, 8);
  for (int64_t i = 0; i < count; ++i) {
    const size_t column = 9 + 8 * static_cast<size_t>(i);
    const int64_t atom =
        need_number(lines, field(line, column, 4), "the atom of a charge", 1, std::ssize(block.atoms));
    block.atoms[static_cast<size_t>(atom - 1)].charge =
        static_cast<int>(need_number(lines, field(line, column + 4, 4), "a charge", -15, 15));
  }
}

void read_properties(text::LineReader& lines, MolBlock& block) {
  bool first = true;
  std::string line;
  for (need_line(lines, line); !line.starts_with("M  END"); need_line(lines, line)) {
    if (line.starts_with("$$$$")) lines.fail("the molecule has no line 'M  END'");
    if (line.starts_with("A  ") || line.starts_with("G  ")) need_line(lines, line);  // the text of an atom
    if (!line.starts_with("M  CHG")) continue;
    use_charges(lines, line, first, block);
    first = false;
  }
}

}  // namespace

void read_v2000(text::LineReader& lines, std::string_view counts, MolBlock& block) {
  const bool known = counts.size() < 39 || trimmed(counts.substr(33)) == "V2000";
  if (counts.size() < 6 || !known)
    lines.fail("'" + printable(trimmed(counts)) + "' is no counts line of a MOL block (V2000 or V3000)");
  const int64_t atoms = need_number(lines, counts.substr(0, 3), "the number of atoms", 0, kMostOfThreeDigits);
  const int64_t bonds = need_number(lines, counts.substr(3, 3), "the number of bonds", 0, kMostOfThreeDigits);
  std::string line;
  for (int64_t i = 0; i < atoms; ++i) {
    need_line(lines, line);
    block.atoms.push_back(v2000_atom(lines, line));
  }
  for (int64_t i = 0; i < bonds; ++i) {
    need_line(lines, line);
    block.bonds.push_back(v2000_bond(lines, line, block.atoms.size()));
  }
  read_properties(lines, block);
}

}  // namespace heed::graph
