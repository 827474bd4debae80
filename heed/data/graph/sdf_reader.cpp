// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/sdf_reader.h"

#include <algorithm>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/graph_set_maker.h"
#include "heed/data/graph/mol_block.h"
#include "heed/data/graph/molecule_columns.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/graph/raw_graphs.h"
#include "heed/data/text/utf8.h"

namespace heed::graph {
namespace {

class SdfReader {
 public:
  SdfReader(text::LineReader lines, const GraphReadOptions& options)
      : lines_(std::move(lines)), options_(options), raw_(lines_.name(), options.limits) {
    element_ = raw_.nodes.column(kElementColumn);
    charge_ = raw_.nodes.column(kChargeColumn);
    bond_ = raw_.edges.column(kBondColumn);
  }

  GraphSet read() {
    for (auto line = next_line(); const auto block = read_mol_block(lines_); line = next_line()) {
      add(*block, line);
      read_fields();
    }
    if (raw_.node_ptr.size() == 1) throw Error(ErrorKind::kData, "has no molecules", lines_.name());
    if (drawings_ > 0) inform(lines_.name() + ": coordinates are left out, as some are of drawings (2D)");
    if (!geometry_) raw_.coordinates.clear();
    return make_graph_set(std::move(raw_), options_);
  }

 private:
  uint64_t next_line() const { return static_cast<uint64_t>(lines_.line_number()) + 1; }

  void add(const MolBlock& block, uint64_t line) {
    for (const auto& atom : block.atoms) {
      raw_.add_node(atom.line);
      raw_.nodes.put(element_, atom.element, true);
      raw_.nodes.put(charge_, std::to_string(atom.charge), true);
      raw_.coordinates.insert(raw_.coordinates.end(), atom.xyz, atom.xyz + 3);
    }
    for (const auto& bond : block.bonds) {
      raw_.add_edge(bond.from, bond.to, bond.line);
      raw_.edges.put(bond_, bond.type, true);
    }
    raw_.end_graph(line);
    raw_.graph_names.push_back(block.title);
    note_geometry(block);
  }

  /// Several atoms at one point have no geometry.
  void note_geometry(const MolBlock& block) {
    const auto at_origin = [](const MolAtom& atom) {
      return atom.xyz[0] == 0 && atom.xyz[1] == 0 && atom.xyz[2] == 0;
    };
    const bool none =
        block.atoms.size() > 1 && std::all_of(block.atoms.begin(), block.atoms.end(), at_origin);
    drawings_ += block.is_drawing ? 1 : 0;
    if (none || block.is_drawing) geometry_ = false;
  }

  /// The data fields up to "$$$$", or up to the end of a file that has one molecule.
  void read_fields() {
    std::string line;
    while (lines_.next(line) && !line.starts_with("$$$$"))
      if (line.starts_with('>')) read_field(line);
  }

  /// "> 25 <melting.point>", lines of its value, and an empty line.
  void read_field(const std::string& header) {
    const size_t open = header.find('<'), close = header.rfind('>');
    const bool named = open != std::string::npos && close > open;
    std::string name(named ? trimmed(std::string_view(header).substr(open + 1, close - open - 1)) : "");
    if (name.empty()) lines_.fail("the data field '" + printable(header) + "' has no <name>");
    std::string value, line;
    while (lines_.next(line) && !text::is_blank(line)) {
      if (line.starts_with("$$$$"))
        lines_.fail("the data field <" + printable(name) + "> does not end with an empty line");
      value += (value.empty() ? "" : "\n") + line;
      if (value.size() > options_.limits.line_bytes)
        lines_.fail("the data field <" + printable(name) + "> is too long");
    }
    raw_.graphs.put(name, trimmed(value));
  }

  text::LineReader lines_;
  const GraphReadOptions& options_;
  RawGraphs raw_;
  size_t element_ = 0, charge_ = 0, bond_ = 0;
  bool geometry_ = true;
  int64_t drawings_ = 0;
};

}  // namespace

GraphSet read_sdf(text::LineReader lines, const GraphReadOptions& options) {
  return SdfReader(std::move(lines), options).read();
}

}  // namespace heed::graph
