// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace heed {

struct CsvRow {
  size_t line = 1;  ///< where the row begins, from 1
  std::vector<std::string> cells;
};

/// Comma-separated values (RFC 4180): cells may be quoted, and then hold commas, line ends and doubled
/// quotes; lines end in LF or CRLF; a byte order mark and empty lines are passed over. Throws Error(kData)
/// with file and line for a quote that is never closed or that text follows.
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& file);

}  // namespace heed
