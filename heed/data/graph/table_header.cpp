// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/table_header.h"

#include <algorithm>
#include <cstdint>

#include "heed/core/error.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/attribute_roles.h"

namespace heed::graph {
namespace {

const std::vector<std::string_view> kSourceNames{"source", "src",       "from",   "u",
                                                 "node1",  "source_id", "from_id"};
const std::vector<std::string_view> kTargetNames{"target", "dst", "to", "v", "node2", "target_id", "to_id"};
const std::vector<std::string_view> kIdNames{"id", "node", "node_id", "nodeid", "name"};
const std::vector<std::string_view> kSmilesNames{"smiles", "canonical_smiles", "isomeric_smiles",
                                                 "canonicalsmiles", "isomericsmiles"};

}  // namespace

std::optional<size_t> find_column(const std::vector<std::string>& header, const std::string& wanted,
                                  const std::vector<std::string_view>& known) {
  const auto search = [&](const auto& matches) -> std::optional<size_t> {
    const auto found = std::find_if(header.begin(), header.end(), matches);
    if (found == header.end()) return std::nullopt;
    return static_cast<size_t>(found - header.begin());
  };
  if (!wanted.empty()) return search([&](const std::string& name) { return name == wanted; });
  for (const auto name : known)
    if (const auto found = search([&](const std::string& cell) { return is_named(cell, {name}); }))
      return found;
  return std::nullopt;
}

std::optional<size_t> source_column(const std::vector<std::string>& header, const GraphReadOptions& options) {
  return find_column(header, options.source, kSourceNames);
}
std::optional<size_t> target_column(const std::vector<std::string>& header, const GraphReadOptions& options) {
  return find_column(header, options.target, kTargetNames);
}
std::optional<size_t> id_column(const std::vector<std::string>& header, const GraphReadOptions& options) {
  return find_column(header, options.id, kIdNames);
}
std::optional<size_t> smiles_column(const std::vector<std::string>& header, const GraphReadOptions& options) {
  return find_column(header, options.smiles, kSmilesNames);
}

void check_names(const std::vector<std::string>& header, const std::string& place) {
  std::vector<std::string> sorted = header;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end())
    throw Error(ErrorKind::kData, "two columns have the name '" + printable(*twice) + "'", place);
}

void check_width(const TableRows& rows, const CsvRow& row, size_t width) {
  if (row.cells.size() == width) return;
  throw Error(
      ErrorKind::kData,
      "has " + std::to_string(row.cells.size()) + " columns, the first row has " + std::to_string(width),
      rows.place(row.line));
}

std::vector<size_t> add_columns(AttributeTable& table, const std::vector<std::string>& header,
                                const std::vector<size_t>& left_out) {
  std::vector<size_t> columns;
  for (size_t i = 0; i < header.size(); ++i) {
    const bool is_left_out = std::find(left_out.begin(), left_out.end(), i) != left_out.end();
    columns.push_back(is_left_out ? SIZE_MAX : table.column(header[i]));
  }
  return columns;
}

void put_cells(AttributeTable& table, const std::vector<size_t>& columns,
               const std::vector<std::string>& cells) {
  for (size_t i = 0; i < cells.size(); ++i)
    if (columns[i] != SIZE_MAX) table.put(columns[i], cells[i]);
}

}  // namespace heed::graph
