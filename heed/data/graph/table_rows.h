// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/csv.h"

namespace heed::graph {

/// The rows of a table. Cells are separated by commas, semicolons or tabs, whichever the first row has most (see
/// CsvReader), or else by blanks, without quotes. Blanks around cells are dropped, empty lines and lines that begin
/// with '#' or '%' before the first row skipped. Throws Error(kData) with file and line. The text must outlive it.
class TableRows {
 public:
  TableRows(std::string_view text, const std::string& file, size_t max_cells);

  bool next(CsvRow& row);
  const std::string& file() const { return file_; }
  std::string place(size_t line) const { return file_ + ", line " + std::to_string(line); }

 private:
  bool next_of_blanks(CsvRow& row);

  std::string file_;
  size_t max_cells_;
  size_t skipped_lines_ = 0;  ///< comments before the first row
  std::string_view rest_;     ///< of a table that blanks separate
  size_t line_ = 0;
  std::optional<CsvReader> cells_;  ///< of any other table
};

}  // namespace heed::graph
