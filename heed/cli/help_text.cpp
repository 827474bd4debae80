// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/help_text.h"

#include <algorithm>
#include <sstream>

#include <sys/ioctl.h>
#include <unistd.h>

namespace heed::cli {
namespace {

constexpr size_t kDescription = 30;  // column where CLI11 begins descriptions
constexpr size_t kUsualColumns = 100;
constexpr size_t kNarrowest = 50;

/// Where the description of an option begins in its line; lines of text have no indent.
size_t hanging_indent(const std::string& line) {
  return line.starts_with("  ") && line.size() > kDescription && line[kDescription - 1] == ' ' ? kDescription
                                                                                               : 0;
}

/// Appends a line, broken at blanks.
void append_wrapped(std::string& text, const std::string& line, size_t columns) {
  const size_t indent = hanging_indent(line);
  std::string rest = line;
  while (rest.size() > columns) {
    const size_t blank = rest.rfind(' ', columns);
    if (blank == std::string::npos || blank <= indent) break;
    text += rest.substr(0, blank) + "\n";
    rest = std::string(indent, ' ') + rest.substr(blank + 1);
  }
  text += rest + "\n";
}

}  // namespace

size_t terminal_columns() {
  winsize size{};
  const bool terminal = ::isatty(STDOUT_FILENO) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  return terminal && size.ws_col > 0 ? std::clamp<size_t>(size.ws_col, kNarrowest, 2 * kUsualColumns)
                                     : kUsualColumns;
}

std::string wrapped_help(const std::string& help, size_t columns) {
  std::string text;
  std::istringstream in(help);
  bool blank = true;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() && blank) continue;
    blank = line.empty();
    append_wrapped(text, line, columns);
  }
  return text;
}

}  // namespace heed::cli
