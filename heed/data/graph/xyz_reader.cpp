// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/xyz_reader.h"

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "heed/core/error.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/elements.h"
#include "heed/data/graph/graph_set_maker.h"
#include "heed/data/graph/molecule_columns.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/graph/raw_graphs.h"
#include "heed/data/text/counts.h"
#include "heed/data/text/utf8.h"

namespace heed::graph {
namespace {

constexpr std::array kQm9Targets{"A",  "B",    "C",  "mu",   "alpha", "homo", "lumo", "gap",
                                 "r2", "zpve", "u0", "u298", "h298",  "g298", "cv"};
constexpr int kQm9Trailer = 3;  ///< lines after the atoms of a molecule of QM9

/// Words that blanks separate, at most `most` of them.
std::vector<std::string_view> blank_words(std::string_view line, size_t most) {
  std::vector<std::string_view> words;
  for (line = trimmed(line); !line.empty() && words.size() < most; line = trimmed(line)) {
    words.push_back(line.substr(0, line.find_first_of(" \t")));
    line.remove_prefix(words.back().size());
  }
  return words;
}

/// The number with "*^" for "e".
std::optional<double> xyz_number(std::string_view word) {
  const size_t mark = word.find("*^");
  if (mark == std::string_view::npos) return finite_number(word);
  return finite_number(std::string(word.substr(0, mark)) + "e" + std::string(word.substr(mark + 2)));
}

class XyzReader {
 public:
  XyzReader(text::LineReader lines, const GraphReadOptions& options)
      : lines_(std::move(lines)), options_(options), raw_(lines_.name(), options.limits) {
    element_ = raw_.nodes.column(kElementColumn);
  }

  GraphSet read() {
    for (std::string line; lines_.next(line);)
      if (!text::is_blank(line)) read_frame(line);
    if (raw_.node_ptr.size() == 1) throw Error(ErrorKind::kData, "has no frames", lines_.name());
    return make_graph_set(std::move(raw_), options_);
  }

 private:
  void read_frame(const std::string& count_line) {
    const auto position = static_cast<uint64_t>(lines_.line_number());
    const auto count = finite_number(count_line);
    if (!count || *count != std::floor(*count) || *count < 0 ||
        *count > static_cast<double>(options_.limits.nodes)) {
      lines_.fail("a frame begins with its number of atoms, up to " + text::grouped(options_.limits.nodes) +
                  ", got '" + printable(trimmed(count_line)) + "'");
    }
    std::string comment, line;
    need_line(comment);
    for (int64_t i = 0; i < static_cast<int64_t>(*count); ++i) {
      need_line(line);
      add_atom(line);
    }
    raw_.end_graph(position);
    if (!use_qm9(comment)) raw_.graph_names.emplace_back(trimmed(comment));
  }

  void need_line(std::string& line) {
    if (!lines_.next(line)) lines_.fail("the file ends inside a frame; copy or download it again");
  }

  void add_atom(std::string_view line) {
    const auto words = blank_words(line, 4);
    if (words.size() < 4)
      lines_.fail("an atom needs an element and three coordinates, got '" + printable(line) + "'");
    const std::string_view element = element_named(words[0]);
    if (element.empty()) lines_.fail("'" + printable(words[0]) + "' is no element");
    raw_.add_node(static_cast<uint64_t>(lines_.line_number()));
    raw_.nodes.put(element_, element, true);
    for (size_t i = 1; i < 4; ++i) {
      const auto number = xyz_number(words[i]);
      const float value = number ? static_cast<float>(*number) : NAN;
      if (!std::isfinite(value))
        lines_.fail("a coordinate must be a number, got '" + printable(words[i]) + "'");
      raw_.coordinates.push_back(value);
    }
  }

  /// Takes the comment of a molecule of QM9 apart, and skips the lines after its atoms. Returns false for others.
  bool use_qm9(const std::string& comment) {
    constexpr size_t kBefore = 2;  // "gdb" and the number
    const auto words = blank_words(comment, kBefore + kQm9Targets.size());
    if (words.size() != kBefore + kQm9Targets.size() || words[0] != "gdb") return false;
    for (size_t i = 0; i < kQm9Targets.size(); ++i) {
      const auto number = xyz_number(words[kBefore + i]);
      if (!number) {
        throw Error(
            ErrorKind::kData,
            std::string(kQm9Targets[i]) + " must be a number, got '" + printable(words[kBefore + i]) + "'",
            raw_.graphs.place(raw_.graphs.rows() - 1));
      }
      std::string text(words[kBefore + i]);
      if (const size_t mark = text.find("*^"); mark != std::string::npos) text.replace(mark, 2, "e");
      raw_.graphs.put(kQm9Targets[i], text);
    }
    raw_.graph_names.push_back("gdb " + std::string(words[1]));
    std::string line;
    for (int i = 0; i < kQm9Trailer; ++i) need_line(line);
    return true;
  }

  text::LineReader lines_;
  const GraphReadOptions& options_;
  RawGraphs raw_;
  size_t element_ = 0;
};

}  // namespace

bool begins_as_xyz(std::string_view begin) {
  const size_t first = begin.find('\n');
  const size_t second = first == std::string_view::npos ? first : begin.find('\n', first + 1);
  if (second == std::string_view::npos || !finite_number(begin.substr(0, first))) return false;
  const auto words = blank_words(begin.substr(second + 1, begin.find('\n', second + 1) - second - 1), 4);
  return words.size() == 4 && !element_named(words[0]).empty() && xyz_number(words[1]) &&
         xyz_number(words[2]) && xyz_number(words[3]);
}

GraphSet read_xyz(text::LineReader lines, const GraphReadOptions& options) {
  return XyzReader(std::move(lines), options).read();
}

}  // namespace heed::graph
