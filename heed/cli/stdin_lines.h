// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

namespace heed::cli {

/// Lines of UTF-8 from stdin, as they come: who types, or pipes slowly, is answered line by line, and a file
/// comes in large lots. A byte order mark, and a carriage return at a line's end, are dropped; the last line
/// needs no end. Of a line over 1 MiB what comes after that is dropped, with a warning.
class StdinLines {
 public:
  StdinLines();
  /// Waits for a line, then takes those that are there already, `most` at most. None: the input has ended.
  /// Throws Error(kData) with the line for a byte that is no UTF-8, and a zero byte; lines before it have
  /// been given out.
  std::vector<std::string> next(size_t most);

 private:
  bool read(std::string& line);
  void shorten(std::string& line) const;
  void check(const std::string& line) const;

  int64_t number_ = 0;
  bool ended_ = false;
  std::exception_ptr failed_;  ///< what is wrong with the line that comes next
};

}  // namespace heed::cli
