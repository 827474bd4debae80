// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/text/line_reader.h"

namespace heed::text {

/// How a file writes rows of named fields.
enum class RecordForm { kJsonLines, kTabs, kCommas };

/// The form that the name says: .jsonl and .ndjson, .tsv and .tab, .csv; the ending of a packing may follow.
std::optional<RecordForm> record_form(const std::filesystem::path& file);

/// Receives the values of one row, in the order of the fields that were asked for.
using UseRecord = std::function<void(const std::vector<std::string>& values)>;

/// Calls `use` with the wanted fields of every row of a file, in UTF-8.
///
/// JSON lines: an object a line; numbers and truth values as JSON writes them, null as an empty text.
/// Tabs: no quotes. Commas, semicolons or tabs in .csv, whichever the first line has most: RFC 4180.
/// The first line of a table names its columns. A field that is a number counts columns from 1; where all are
/// numbers, the first line is a row. Blank lines are left out.
///
/// Throws Error(kData) with file and line for what is malformed and for a field that is missing, with those
/// there are. Memory: a line; for .csv the file.
void read_records(const std::filesystem::path& file, const std::vector<std::string>& fields,
                  const UseRecord& use);
void read_records(LineReader lines, RecordForm form, const std::vector<std::string>& fields,
                  const UseRecord& use);

/// "summary, text" as "summary" and "text".
std::vector<std::string> listed_fields(std::string_view list);

}  // namespace heed::text
