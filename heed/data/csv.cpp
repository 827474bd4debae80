// SPDX-License-Identifier: Apache-2.0
#include "heed/data/csv.h"

#include <algorithm>
#include <utility>

#include "heed/core/error.h"

namespace heed {
namespace {

class CsvParser {
 public:
  CsvParser(std::string_view text, const std::string& file, char separator)
      : text_(text), file_(file), separator_(separator), cell_ends_{separator, '\n'} {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  std::vector<CsvRow> parse() {
    std::vector<CsvRow> rows;
    while (position_ < text_.size()) {
      CsvRow row = parse_row();
      if (row.cells.size() > 1 || !row.cells[0].empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  CsvRow parse_row() {
    CsvRow row{line_, {}};
    while (true) {
      row.cells.push_back(peek() == '"' ? quoted_cell() : plain_cell());
      if (peek() != separator_) break;
      ++position_;
    }
    if (position_ < text_.size()) ++position_;  // the line end
    ++line_;
    return row;
  }

  std::string plain_cell() {
    const size_t begin = position_;
    position_ = std::min(text_.find_first_of(cell_ends_, begin), text_.size());
    std::string cell(text_.substr(begin, position_ - begin));
    if (peek() != separator_ && cell.ends_with('\r')) cell.pop_back();
    return cell;
  }

  std::string quoted_cell() {
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

  std::string end_quoted(std::string cell) {
    if (peek() == '\r') ++position_;
    if (position_ < text_.size() && peek() != separator_ && peek() != '\n')
      fail("text after a closing quote", line_);
    return cell;
  }

  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  [[noreturn]] void fail(const std::string& message, size_t line) const {
    throw Error(ErrorKind::kData, message, file_ + ", line " + std::to_string(line));
  }

  std::string_view text_;
  const std::string& file_;
  char separator_;
  std::string cell_ends_;
  size_t position_ = 0, line_ = 1;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& file, char separator) {
  return CsvParser(text, file, separator).parse();
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
