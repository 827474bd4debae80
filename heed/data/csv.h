// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heed {

struct CsvRow {
  size_t line = 1;  ///< line at which the row begins, from 1
  std::vector<std::string> cells;
};

/// Reads comma-separated values (RFC 4180), or values with another separator, row by row. Quoted cells may contain
/// separators, line ends and doubled quotes. Lines end in LF or CRLF. A byte order mark and empty lines are
/// skipped. Throws Error(kData) with file and line for an unclosed quote, for text after a closing quote, and for a
/// row of more than `max_cells` cells. The text must outlive the reader.
class CsvReader {
 public:
  CsvReader(std::string_view text, std::string file, char separator = ',', size_t max_cells = SIZE_MAX);

  /// Reads the next row. Returns false after the last one.
  bool next(CsvRow& row);

 private:
  void read_row(CsvRow& row);
  std::string plain_cell();
  std::string quoted_cell();
  std::string end_quoted(std::string cell);
  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  [[noreturn]] void fail(const std::string& message, size_t line) const;

  std::string_view text_;
  std::string file_;
  char separator_;
  std::string cell_ends_;
  size_t max_cells_;
  size_t position_ = 0, line_ = 1;
};

/// All rows of a text (see CsvReader).
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& file, char separator = ',');

/// Returns a row without its line end; cells with a separator, a quote or a line end are quoted.
std::string format_csv_row(const std::vector<std::string>& cells, char separator = ',');

/// Returns the separator of a table: a comma, a semicolon or a tab, whichever is most frequent in the first line;
/// a comma if there is none.
char csv_separator(std::string_view text);

}  // namespace heed
