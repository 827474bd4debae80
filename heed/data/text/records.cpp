// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/records.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/data/csv.h"
#include "heed/data/text/documents.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {
using Values = std::vector<std::string>;

std::string record_place(const std::string& file, int64_t line) {
  return file + ", line " + std::to_string(line);
}

std::string missing(const char* what, const std::string& field, const std::vector<std::string>& there) {
  return std::string("has no ") + what + " \"" + field + "\"" +
         (there.empty() ? "" : "; there is " + comma_list(there));
}

/// A text that is no string: numbers and truth values as JSON writes them.
std::string json_value(const nlohmann::json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void read_json_lines(LineReader& lines, const Values& fields, const UseRecord& use) {
  Values values(fields.size());
  for (std::string line; lines.next(line);) {
    if (is_blank(line)) continue;
    const auto object = nlohmann::json::parse(line, nullptr, false);
    if (!object.is_object()) lines.fail("is not a JSON object");
    for (size_t i = 0; i < fields.size(); ++i) {
      const auto field = object.find(fields[i]);
      if (field == object.end()) {
        Values names;
        for (const auto& entry : object.items()) names.push_back(entry.key());
        lines.fail(missing("field", fields[i], names));
      }
      values[i] = replace_malformed(json_value(*field));
    }
    use(values);
  }
}

std::optional<size_t> column_number(const std::string& field) {
  size_t number = 0;
  const char* end = field.data() + field.size();
  const auto read = std::from_chars(field.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number == 0) return std::nullopt;
  return number - 1;
}

/// The columns of a table that hold the wanted fields.
class Columns {
 public:
  explicit Columns(const Values& fields) : fields_(fields) {
    numbered_ = std::all_of(fields.begin(), fields.end(), [](const auto& f) { return column_number(f); });
    for (const auto& field : fields) columns_.push_back(column_number(field).value_or(0));
  }
  bool first_row_is_header() const { return !numbered_; }

  void find(const Values& header, const std::string& place) {
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (column_number(fields_[i])) continue;
      const auto found = std::find(header.begin(), header.end(), fields_[i]);
      if (found == header.end()) {
        throw Error(ErrorKind::kData,
                    missing("column", fields_[i], header) + "; a number counts columns from 1", place);
      }
      columns_[i] = static_cast<size_t>(found - header.begin());
    }
  }

  Values take(const Values& cells, const std::string& place) const {
    Values values;
    for (const size_t column : columns_) {
      if (column >= cells.size()) {
        throw Error(ErrorKind::kData,
                    "has " + std::to_string(cells.size()) + (cells.size() == 1 ? " column" : " columns") +
                        ", " + std::to_string(column + 1) + " are needed",
                    place);
      }
      values.push_back(cells[column]);
    }
    return values;
  }

 private:
  const Values& fields_;
  std::vector<size_t> columns_;
  bool numbered_ = false;
};

Values split_tabs(std::string_view line) {
  Values cells;
  for (size_t begin = 0;;) {
    const size_t end = line.find('\t', begin);
    cells.emplace_back(line.substr(begin, end - begin));
    if (end == std::string_view::npos) return cells;
    begin = end + 1;
  }
}

void read_tabs(LineReader& lines, const Values& fields, const UseRecord& use) {
  Columns columns(fields);
  bool header = columns.first_row_is_header();
  for (std::string line; lines.next(line);) {
    if (line.empty()) continue;
    const Values cells = split_tabs(line);
    const std::string place = record_place(lines.name(), lines.line_number());
    if (std::exchange(header, false))
      columns.find(cells, place);
    else
      use(columns.take(cells, place));
  }
}

void read_commas(LineReader& lines, const Values& fields, const UseRecord& use) {
  std::string text;
  for (std::string line; lines.next(line);) text += line + "\n";
  Columns columns(fields);
  bool header = columns.first_row_is_header();
  for (const CsvRow& row : parse_csv(text, lines.name(), csv_separator(text))) {
    const std::string place = record_place(lines.name(), static_cast<int64_t>(row.line));
    if (std::exchange(header, false))
      columns.find(row.cells, place);
    else
      use(columns.take(row.cells, place));
  }
}

}  // namespace

std::optional<RecordForm> record_form(const std::filesystem::path& file) {
  const std::string ending = text_ending(file);
  if (ending == ".jsonl" || ending == ".ndjson") return RecordForm::kJsonLines;
  if (ending == ".tsv" || ending == ".tab") return RecordForm::kTabs;
  if (ending == ".csv") return RecordForm::kCommas;
  return std::nullopt;
}

void read_records(LineReader lines, RecordForm form, const std::vector<std::string>& fields,
                  const UseRecord& use) {
  switch (form) {
    case RecordForm::kJsonLines:
      return read_json_lines(lines, fields, use);
    case RecordForm::kTabs:
      return read_tabs(lines, fields, use);
    case RecordForm::kCommas:
      return read_commas(lines, fields, use);
  }
}

void read_records(const std::filesystem::path& file, const std::vector<std::string>& fields,
                  const UseRecord& use) {
  constexpr size_t kMaxLine = size_t{256} << 20;
  const auto form = record_form(file);
  if (!form)
    throw Error(ErrorKind::kData, "is no table: its name must end in .jsonl, .tsv or .csv", file.string());
  read_records(LineReader(file, {.max_line_bytes = kMaxLine}), *form, fields, use);
}

std::vector<std::string> listed_fields(std::string_view list) {
  std::vector<std::string> fields;
  const auto trimmed = [](std::string_view text) {
    const size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return std::string_view();
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
  };
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view field = trimmed(list.substr(begin, end - begin));
    if (!field.empty()) fields.emplace_back(field);
    begin = end + 1;
  }
  return fields;
}

}  // namespace heed::text
