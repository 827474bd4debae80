// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heed::cli {

/// Lines from stdin as they come: someone who types, or pipes slowly, is answered line by line, and a file comes in
/// large lots. A byte order mark, and a carriage return at the end of a line, are dropped; the last line needs no end.
/// Of a line over 1 MiB the rest is dropped, with a warning.
class StdinLines {
 public:
  StdinLines();
  /// Waits for a line, then takes those that are there already, at most `most`. An empty list means the end.
  std::vector<std::string> next(size_t most);

 private:
  bool read(std::string& line);
  void shorten(std::string& line) const;

  int64_t number_ = 0;
  bool ended_ = false;
};

}  // namespace heed::cli
