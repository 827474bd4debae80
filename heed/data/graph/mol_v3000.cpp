// SPDX-License-Identifier: Apache-2.0
// The newer form of a MOL block: words after "M  V30".
#include <algorithm>
#include <unordered_map>

#include "heed/core/shown_text.h"
#include "heed/data/graph/mol_block.h"
#include "heed/data/graph/number_cell.h"

namespace heed::graph {
namespace {

constexpr std::string_view kV30 = "M  V30 ";
constexpr size_t kMostBytes = size_t{1} << 20;  ///< of a line with its continuations

/// The next line after "M  V30 ", with those that a '-' at its end adds. Returns false at "M  END".
bool next_v30(text::LineReader& lines, std::string& content) {
  content.clear();
  std::string line;
  while (true) {
    need_line(lines, line);
    if (content.empty() && line.starts_with("M  END")) return false;
    if (!line.starts_with(kV30)) lines.fail("a line of a V3000 molecule must begin with 'M  V30 '");
    content += std::string_view(line).substr(kV30.size());
    if (content.size() > kMostBytes) lines.fail("a line with its continuations is longer than 1 MiB");
    if (!content.ends_with('-')) return true;
    content.pop_back();
  }
}

/// The words of a line. A list in brackets and a text in quotes are one word with what they adjoin.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  size_t begin = 0;
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i <= line.size(); ++i) {
    const char c = i < line.size() ? line[i] : ' ';
    if (c == '"') quoted = !quoted;
    if (!quoted) depth += c == '(' ? 1 : c == ')' && depth > 0 ? -1 : 0;
    const bool ends = i == line.size() || (!quoted && depth == 0 && (c == ' ' || c == '\t'));
    if (!ends) continue;
    if (i > begin) words.push_back(line.substr(begin, i - begin));
    begin = i + 1;
  }
  return words;
}

class V3000Reader {
 public:
  V3000Reader(text::LineReader& lines, MolBlock& block) : lines_(lines), block_(block) {}

  void read() {
    std::string line;
    while (next_v30(lines_, line)) {
      const auto words = words_of(line);
      if (words.size() < 2 || words[0] != "BEGIN") continue;
      if (words[1] == "ATOM") read_section([&](const auto& row) { add_atom(row); });
      if (words[1] == "BOND") read_section([&](const auto& row) { add_bond(row); });
      if (words[1] == "SGROUP" || words[1] == "COLLECTION" || words[1] == "TEMPLATE")
        read_section([](const auto&) {});
    }
  }

 private:
  /// Calls `use` with the words of each line up to the section's end.
  void read_section(const auto& use) {
    std::string line;
    while (next_v30(lines_, line)) {
      const auto words = words_of(line);
      if (!words.empty() && words[0] == "END") return;
      use(words);
    }
    lines_.fail("the molecule ends inside a section");
  }

  void need_words(const std::vector<std::string_view>& words, size_t least, const char* what) const {
    if (words.size() < least)
      lines_.fail(std::string("the line of ") + what + " has " + std::to_string(words.size()) +
                  " of at least " + std::to_string(least) + " words");
  }

  void add_atom(const std::vector<std::string_view>& words) {
    need_words(words, 6, "an atom");
    MolAtom atom;
    const int64_t index = need_number(lines_, words[0], "the index of an atom", 1, INT32_MAX);
    if (!numbers_.emplace(index, static_cast<int32_t>(block_.atoms.size())).second)
      lines_.fail("atom " + std::to_string(index) + " is there twice");
    atom.element = need_element(lines_, words[1]);
    for (size_t i = 0; i < 3; ++i) atom.xyz[i] = need_coordinate(lines_, words[2 + i]);
    for (const auto word : words) {
      if (word.starts_with("CHG="))
        atom.charge = static_cast<int>(need_number(lines_, word.substr(4), "a charge", -15, 15));
    }
    atom.line = static_cast<size_t>(lines_.line_number());
    block_.atoms.push_back(atom);
  }

  int32_t atom_of(std::string_view word) const {
    const auto found = numbers_.find(need_number(lines_, word, "the atom of a bond", 1, INT32_MAX));
    if (found == numbers_.end()) lines_.fail("a bond to atom " + printable(word) + ", which is not there");
    return found->second;
  }

  void add_bond(const std::vector<std::string_view>& words) {
    need_words(words, 4, "a bond");
    MolBond bond;
    bond.type = need_bond_type(lines_, words[1]);
    bond.from = atom_of(words[2]);
    bond.to = atom_of(words[3]);
    bond.line = static_cast<size_t>(lines_.line_number());
    block_.bonds.push_back(bond);
  }

  text::LineReader& lines_;
  MolBlock& block_;
  std::unordered_map<int64_t, int32_t> numbers_;  ///< atoms by their index in the file
};

}  // namespace

void read_v3000(text::LineReader& lines, MolBlock& block) {
  V3000Reader(lines, block).read();
}

}  // namespace heed::graph
