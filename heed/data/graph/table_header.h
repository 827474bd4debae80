// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/graph/attribute_table.h"
#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/table_rows.h"

namespace heed::graph {

/// The column of the wanted name, or else the first that has a known one, in any case.
std::optional<size_t> find_column(const std::vector<std::string>& header, const std::string& wanted,
                                  const std::vector<std::string_view>& known);

/// Columns of a table by the names in its first row and by the options.
std::optional<size_t> source_column(const std::vector<std::string>& header, const GraphReadOptions& options);
std::optional<size_t> target_column(const std::vector<std::string>& header, const GraphReadOptions& options);
std::optional<size_t> id_column(const std::vector<std::string>& header, const GraphReadOptions& options);
std::optional<size_t> smiles_column(const std::vector<std::string>& header, const GraphReadOptions& options);

/// Throws Error(kData) with `place` if two columns have one name.
void check_names(const std::vector<std::string>& header, const std::string& place);
/// Throws Error(kData) with the row's place for another number of cells.
void check_width(const TableRows& rows, const CsvRow& row, size_t width);

/// The column of each cell among the attributes, which are added; SIZE_MAX for the columns that are `left_out`.
std::vector<size_t> add_columns(AttributeTable& table, const std::vector<std::string>& header,
                                const std::vector<size_t>& left_out);
/// The cells of a row as attributes of the table's last row, in the columns of add_columns().
void put_cells(AttributeTable& table, const std::vector<size_t>& columns,
               const std::vector<std::string>& cells);

}  // namespace heed::graph
