// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/mol_block.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "heed/core/shown_text.h"
#include "heed/data/graph/elements.h"
#include "heed/data/graph/molecule_columns.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/text/utf8.h"

namespace heed::graph {

void need_line(text::LineReader& lines, std::string& line) {
  if (!lines.next(line)) lines.fail("the file ends inside a molecule; copy or download it again");
}

int64_t need_number(const text::LineReader& lines, std::string_view text, const char* what, int64_t least,
                    int64_t most) {
  const std::string_view digits = trimmed(text);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = !digits.empty() && error == std::errc() && end == digits.data() + digits.size();
  if (!whole || value < least || value > most) {
    lines.fail(std::string(what) + " must be a whole number from " + std::to_string(least) + " to " +
               std::to_string(most) + ", got '" + printable(digits) + "'");
  }
  return value;
}

float need_coordinate(const text::LineReader& lines, std::string_view text) {
  const auto number = finite_number(text);
  const float value = number ? static_cast<float>(*number) : NAN;
  if (!std::isfinite(value))
    lines.fail("a coordinate must be a number, got '" + printable(trimmed(text)) + "'");
  return value;
}

std::string_view need_element(const text::LineReader& lines, std::string_view text) {
  const std::string_view symbol = element_named(trimmed(text));
  if (symbol.empty())
    lines.fail("'" + printable(trimmed(text)) +
               "' is no element; heed reads molecules without query atoms and groups");
  return symbol;
}

const char* need_bond_type(const text::LineReader& lines, std::string_view text) {
  const char* const name = bond_name(static_cast<int>(need_number(lines, text, "the type of a bond", 0, 99)));
  if (name == nullptr) {
    lines.fail("bond type " + printable(trimmed(text)) +
               " is not read: 1 single, 2 double, 3 triple and 4 aromatic are");
  }
  return name;
}

std::optional<MolBlock> read_mol_block(text::LineReader& lines) {
  std::array<std::string, 4> head;  // title; program and date; comment; counts
  size_t count = 0;
  bool blank = true;
  while (count < head.size() && lines.next(head[count])) blank &= text::is_blank(head[count++]);
  if (blank) {
    for (std::string line; lines.next(line);)
      if (!text::is_blank(line))
        lines.fail("a molecule begins with three lines and its counts, not with this one");
    return std::nullopt;
  }
  if (count < head.size()) need_line(lines, head[0]);
  MolBlock block;
  block.title = std::string(trimmed(head[0]));
  block.is_drawing = head[1].size() >= 22 && head[1].compare(20, 2, "2D") == 0;
  if (head[3].find("V3000") != std::string::npos)
    read_v3000(lines, block);
  else
    read_v2000(lines, head[3], block);
  return block;
}

}  // namespace heed::graph
