// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/smiles_reader.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/progress.h"
#include "heed/data/graph/attribute_roles.h"
#include "heed/data/graph/graph_set_maker.h"
#include "heed/data/graph/molecule_columns.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/graph/raw_graphs.h"
#include "heed/data/graph/smiles.h"
#include "heed/data/graph/table_header.h"
#include "heed/data/graph/table_rows.h"
#include "heed/data/graph/text_content.h"
#include "heed/data/text/counts.h"
#include "heed/data/text/utf8.h"

namespace heed::graph {
namespace {

/// A SMILES and what follows it in its cell or line.
struct SmilesText {
  std::string_view smiles, name;
};

SmilesText split_smiles(std::string_view text) {
  text = trimmed(text);
  const std::string_view smiles = text.substr(0, text.find_first_of(" \t"));
  std::string_view rest = trimmed(text.substr(smiles.size()));
  if (rest.starts_with('|') && rest.find('|', 1) != std::string_view::npos)
    rest = trimmed(rest.substr(rest.find('|', 1) + 1));
  return {smiles, rest};
}

/// Graphs of molecules, one after the other.
class SmilesGraphs {
 public:
  SmilesGraphs(const GraphTable& file, const GraphReadOptions& options)
      : options_(options), raw_(file.file, options.limits), progress_("molecules", lines_of(file.text)) {
    if (const std::string why = no_smiles(); !why.empty()) throw Error(ErrorKind::kData, why, file.file);
    check_text(file.text, file.file);
    choose_geometry();
    element_ = raw_.nodes.column(kElementColumn);
    charge_ = raw_.nodes.column(kChargeColumn);
    if (!has_geometry()) hydrogens_ = raw_.nodes.column(kHydrogensColumn);
    aromatic_ = raw_.nodes.column(kAromaticColumn);
    ring_ = raw_.nodes.column(kRingColumn);
    bond_ = raw_.edges.column(kBondColumn);
    bond_ring_ = raw_.edges.column(kRingColumn);
  }

  /// Adds a graph without a name. Returns false for a molecule that is skipped.
  bool add(std::string_view smiles, size_t line) {
    progress_.update(static_cast<int64_t>(line));
    const std::string place = raw_.graphs.place_of(line);
    if (smiles.empty()) throw Error(ErrorKind::kData, "has no SMILES", place);
    if (smiles.size() > options_.limits.smiles_bytes) {
      throw Error(ErrorKind::kData,
                  "the SMILES " + shown_smiles(smiles) + " has more than " +
                      text::grouped(static_cast<int64_t>(options_.limits.smiles_bytes)) + " characters",
                  place);
    }
    const SmilesMolecule molecule = parse_smiles(smiles, geometry_, place);
    if (!molecule.no_geometry.empty()) {
      skip("the SMILES " + shown_smiles(smiles) + " has no geometry: " + molecule.no_geometry, place);
      return false;
    }
    for (const SmilesAtom& atom : molecule.atoms) put(atom, line);
    for (const SmilesBond& bond : molecule.bonds) put(bond, line);
    raw_.end_graph(line);
    return true;
  }

  GraphSet finish() {
    if (skipped_ > 0)
      warn("skipped " + text::grouped(skipped_) +
           " molecules without a geometry; the first: " + first_skipped_);
    if (raw_.graphs.rows() == 0) throw Error(ErrorKind::kData, "has no molecules", raw_.file);
    return make_graph_set(std::move(raw_), options_);
  }

  RawGraphs& raw() { return raw_; }

 private:
  static int64_t lines_of(std::string_view text) { return std::count(text.begin(), text.end(), '\n') + 1; }

  /// As the option says; and a model that knows coordinates gets some.
  void choose_geometry() {
    const bool needed = options_.schema && options_.schema->coordinates;
    if (options_.conformer != "rdkit" && !needed) return;
    geometry_ = SmilesGeometry::kRdkit;
    inform(raw_.file + ": RDKit adds hydrogens and coordinates (ETKDGv3, MMFF94)" +
           (options_.conformer == "rdkit" ? "" : ", which the model needs"));
  }

  bool has_geometry() const { return geometry_ != SmilesGeometry::kNone; }
  static const char* flag(bool value) { return value ? "1" : "0"; }

  void put(const SmilesAtom& atom, size_t line) {
    raw_.add_node(line);
    raw_.nodes.put(element_, atom.element, true);
    raw_.nodes.put(charge_, std::to_string(atom.charge), true);
    raw_.nodes.put(aromatic_, flag(atom.aromatic), true);
    raw_.nodes.put(ring_, flag(atom.in_ring), true);
    if (has_geometry())
      raw_.coordinates.insert(raw_.coordinates.end(), atom.xyz, atom.xyz + 3);
    else
      raw_.nodes.put(hydrogens_, std::to_string(atom.hydrogens), true);
  }
  void put(const SmilesBond& bond, size_t line) {
    raw_.add_edge(bond.from, bond.to, line);
    raw_.edges.put(bond_, bond.type, true);
    raw_.edges.put(bond_ring_, flag(bond.in_ring), true);
  }
  void skip(const std::string& message, const std::string& place) {
    const Error error(ErrorKind::kData, message, place);
    if (options_.strict) throw Error(error);
    if (skipped_++ == 0) first_skipped_ = error.what();
  }

  const GraphReadOptions& options_;
  RawGraphs raw_;
  Progress progress_;
  SmilesGeometry geometry_ = SmilesGeometry::kNone;
  size_t element_ = 0, charge_ = 0, hydrogens_ = 0, aromatic_ = 0, ring_ = 0, bond_ = 0, bond_ring_ = 0;
  int64_t skipped_ = 0;
  std::string first_skipped_;
};

}  // namespace

GraphSet read_smiles_table(const GraphTable& table, const GraphReadOptions& options) {
  SmilesGraphs graphs(table, options);
  TableRows rows(table.text, table.file, options.limits.columns);
  CsvRow row;
  if (!rows.next(row)) throw Error(ErrorKind::kData, "is empty", table.file);
  const auto smiles = smiles_column(row.cells, options);
  if (!smiles) throw Error(ErrorKind::kData, "has no column of SMILES", table.file);
  check_names(row.cells, rows.place(row.line));
  const bool named =
      std::any_of(row.cells.begin(), row.cells.end(), [](const auto& name) { return names_a_graph(name); });
  const auto columns = add_columns(graphs.raw().graphs, row.cells, {*smiles});
  while (rows.next(row)) {
    check_width(rows, row, columns.size());
    const SmilesText cell = split_smiles(row.cells[*smiles]);
    if (!cell.name.empty()) {
      throw Error(ErrorKind::kData,
                  "'" + printable(cell.name) + "' follows the SMILES " + shown_smiles(cell.smiles),
                  rows.place(row.line));
    }
    if (!graphs.add(cell.smiles, row.line)) continue;
    put_cells(graphs.raw().graphs, columns, row.cells);
    if (!named) graphs.raw().graph_names.emplace_back(cell.smiles);
  }
  return graphs.finish();
}

GraphSet read_smiles(const GraphTable& file, const GraphReadOptions& options) {
  CsvRow first;
  if (TableRows(file.text, file.file, options.limits.columns).next(first) &&
      smiles_column(first.cells, options))
    return read_smiles_table(file, options);
  SmilesGraphs graphs(file, options);
  std::string_view rest = file.text;
  if (rest.starts_with(text::kByteOrderMark)) rest.remove_prefix(text::kByteOrderMark.size());
  for (size_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const SmilesText found = split_smiles(line);
    if (found.smiles.empty() || found.smiles.starts_with('#')) continue;
    if (graphs.add(found.smiles, number))
      graphs.raw().graph_names.emplace_back(found.name.empty() ? found.smiles : found.name);
  }
  return graphs.finish();
}

}  // namespace heed::graph
