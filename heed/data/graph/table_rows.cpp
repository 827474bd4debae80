// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/table_rows.h"

#include <algorithm>

#include "heed/core/error.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/text/utf8.h"

namespace heed::graph {

TableRows::TableRows(std::string_view text, const std::string& file, size_t max_cells)
    : file_(file), max_cells_(max_cells), rest_(text) {
  if (rest_.starts_with(text::kByteOrderMark)) rest_.remove_prefix(text::kByteOrderMark.size());
  while (!rest_.empty() && std::string_view("#%\r\n").find(rest_[0]) != std::string_view::npos) {
    rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size() - 1) + 1);
    ++skipped_lines_;
  }
  line_ = skipped_lines_;
  const std::string_view first = rest_.substr(0, rest_.find('\n'));
  const bool separated = first.find_first_of(",;\t") != std::string_view::npos;
  const bool blanks =
      !separated && !first.starts_with('"') && trimmed(first).find(' ') != std::string_view::npos;
  if (!blanks) cells_.emplace(rest_, file, csv_separator(rest_), max_cells);
}

bool TableRows::next(CsvRow& row) {
  if (!cells_) return next_of_blanks(row);
  if (!cells_->next(row)) return false;
  row.line += skipped_lines_;
  for (auto& cell : row.cells) {
    const std::string_view whole = trimmed(cell);
    if (whole.size() != cell.size()) cell = std::string(whole);
  }
  return true;
}

bool TableRows::next_of_blanks(CsvRow& row) {
  row.cells.clear();
  while (row.cells.empty() && !rest_.empty()) {
    row.line = ++line_;
    std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
      const std::string_view cell = line.substr(0, line.find_first_of(" \t"));
      line.remove_prefix(cell.size());
      row.cells.emplace_back(cell);
      if (row.cells.size() <= max_cells_) continue;
      throw Error(ErrorKind::kData, "more than " + std::to_string(max_cells_) + " columns", place(row.line));
    }
  }
  return !row.cells.empty();
}

}  // namespace heed::graph
