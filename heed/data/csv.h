// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace heed {

struct CsvRow {
  size_t line = 1;  ///< line at which the row begins, from 1
  std::vector<std::string> cells;
};

/// Parses comma-separated values (RFC 4180), or values with another separator. Quoted cells may contain
/// separators, line ends and doubled quotes. Lines end in LF or CRLF. A byte order mark and empty lines are
/// skipped. Throws Error(kData) with file and line for an unclosed quote and for text after a closing quote.
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& file, char separator = ',');

/// Returns a row without its line end; cells with a separator, a quote or a line end are quoted.
std::string format_csv_row(const std::vector<std::string>& cells, char separator = ',');

/// Returns the separator of a table: a comma, a semicolon or a tab, whichever is most frequent in the first line;
/// a comma if there is none.
char csv_separator(std::string_view text);

}  // namespace heed
