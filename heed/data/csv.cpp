// SPDX-License-Identifier: Apache-2.0
#include "heed/data/csv.h"

#include <algorithm>
#include <utility>

#include "heed/core/error.h"

namespace heed {

CsvReader::CsvReader(std::string_view text, std::string file, char separator, size_t max_cells)
    : text_(text),
      file_(std::move(file)),
      separator_(separator),
      cell_ends_{separator, '\n'},
      max_cells_(max_cells) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
}

bool CsvReader::next(CsvRow& row) {
  while (position_ < text_.size()) {
    read_row(row);
    if (row.cells.size() > 1 || !row.cells[0].empty()) return true;
  }
  return false;
}

void CsvReader::read_row(CsvRow& row) {
  row.line = line_;
  row.cells.clear();
  while (true) {
    if (row.cells.size() == max_cells_) fail("more than " + std::to_string(max_cells_) + " columns", line_);
    row.cells.push_back(peek() == '"' ? quoted_cell() : plain_cell());
    if (peek() != separator_) break;
    ++position_;
  }
  if (position_ < text_.size()) ++position_;  // the line end
  ++line_;
}

std::string CsvReader::plain_cell() {
  const size_t begin = position_;
  position_ = std::min(text_.find_first_of(cell_ends_, begin), text_.size());
  std::string cell(text_.substr(begin, position_ - begin));
  if (peek() != separator_ && cell.ends_with('\r')) cell.pop_back();
  return cell;
}

std::string CsvReader::quoted_cell() {
  const size_t first_line = line_;
  std::string cell;
  for (++position_; position_ < text_.size(); ++position_) {
    const char c = text_[position_];
    if (c == '\n') ++line_;
    if (c == '"') {
      ++position_;
      if (peek() != '"') return end_quoted(std::move(cell));
    }
    cell += c;
  }
  fail("the quote is not closed", first_line);
}

std::string CsvReader::end_quoted(std::string cell) {
  if (peek() == '\r') ++position_;
  if (position_ < text_.size() && peek() != separator_ && peek() != '\n')
    fail("text after a closing quote", line_);
  return cell;
}

void CsvReader::fail(const std::string& message, size_t line) const {
  throw Error(ErrorKind::kData, message, file_ + ", line " + std::to_string(line));
}

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& file, char separator) {
  CsvReader reader(text, file, separator);
  std::vector<CsvRow> rows;
  for (CsvRow row; reader.next(row);) rows.push_back(std::move(row));
  return rows;
}

std::string format_csv_row(const std::vector<std::string>& cells, char separator) {
  std::string row;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) row += separator;
    const std::string& cell = cells[i];
    const bool quoted = cell.find_first_of(std::string{separator, '"', '\n', '\r'}) != std::string::npos;
    if (quoted) row += '"';
    for (const char c : cell) row += c == '"' ? "\"\"" : std::string(1, c);
    if (quoted) row += '"';
  }
  return row;
}

char csv_separator(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  char best = ',';
  for (const char separator : {';', '\t'}) {
    if (std::count(line.begin(), line.end(), separator) > std::count(line.begin(), line.end(), best))
      best = separator;
  }
  return best;
}

}  // namespace heed
