// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

namespace heed::cli {

/// What becomes of a line with bytes that are no UTF-8, or zero bytes.
enum class InvalidText {
  kFail,     ///< an error
  kReplace,  ///< U+FFFD stands for each such byte
  kSkip,     ///< the line counts as empty
};
/// "fail", "replace", "skip". Throws Error(kUsage) for another name.
InvalidText parse_invalid_text(const std::string& name);

/// Lines of UTF-8 from stdin, as they come: who types, or pipes slowly, is answered line by line, and a file
/// comes in large lots. A byte order mark, and a carriage return at a line's end, are dropped; the last line
/// needs no end. Of a line over 1 MiB what comes after that is dropped, with a warning.
class StdinLines {
 public:
  explicit StdinLines(InvalidText invalid);
  /// Waits for a line, then takes those that are there already, `most` at most. None: the input has ended.
  /// With kFail, Error(kData) names the line and what is wrong; lines before it have been given out.
  /// Otherwise the first such line is warned of, and all are counted.
  std::vector<std::string> next(size_t most);
  int64_t invalid() const { return invalid_count_; }

 private:
  bool read(std::string& line);
  void shorten(std::string& line) const;
  void mend(std::string& line);

  InvalidText invalid_;
  int64_t invalid_count_ = 0;
  int64_t number_ = 0;
  bool ended_ = false;
  std::exception_ptr failed_;  ///< what is wrong with the line that comes next
};

}  // namespace heed::cli
