// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/text/line_reader.h"

namespace heed::graph {

struct MolAtom {
  std::string_view element;  ///< symbol, in static memory
  int charge = 0;
  float xyz[3] = {0, 0, 0};
  size_t line = 0;
};

struct MolBond {
  int32_t from = 0, to = 0;  ///< atoms from 0
  const char* type = "";     ///< see molecule_columns.h
  size_t line = 0;
};

/// A molecule as a MOL block has it.
struct MolBlock {
  std::string title;
  bool is_drawing = false;  ///< coordinates are of a picture
  std::vector<MolAtom> atoms;
  std::vector<MolBond> bonds;
};

/// Reads a MOL block up to and with the line "M  END". Returns nothing if only blank lines are left. Throws Error(kData)
/// with file and line.
std::optional<MolBlock> read_mol_block(text::LineReader& lines);

// Parts that the two versions share.

/// The next line. Throws Error(kData) at the end of the file: "ends inside a molecule".
void need_line(text::LineReader& lines, std::string& line);
/// The whole number in the text, blanks around it dropped. Throws Error(kData) naming `what` for others.
int64_t need_number(const text::LineReader& lines, std::string_view text, const char* what, int64_t least,
                    int64_t most);
float need_coordinate(const text::LineReader& lines, std::string_view text);
std::string_view need_element(const text::LineReader& lines, std::string_view text);
const char* need_bond_type(const text::LineReader& lines, std::string_view text);

void read_v2000(text::LineReader& lines, std::string_view counts, MolBlock& block);
void read_v3000(text::LineReader& lines, MolBlock& block);

}  // namespace heed::graph
