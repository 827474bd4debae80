// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace heed::tasks {

/// What happens to a line with zero bytes or with bytes that are not UTF-8.
enum class InvalidText {
  kFail,     ///< an error
  kReplace,  ///< each such byte becomes U+FFFD
  kSkip,     ///< the line counts as empty
};
/// "fail", "replace", "skip". Throws Error(kUsage) for another name.
InvalidText parse_invalid_text(const std::string& name);

/// Makes lines of unknown bytes valid UTF-8, one for one.
class ValidLines {
 public:
  using Source = std::function<std::vector<std::string>(size_t most)>;
  ValidLines(Source source, InvalidText invalid);

  /// At least one line, at most `most`; an empty list means the end. With kFail, Error(kData) names the line; the
  /// lines before it are returned first. Otherwise the first such line is warned of, and all are counted.
  std::vector<std::string> next(size_t most);
  int64_t invalid() const { return invalid_count_; }
  /// Warns how many lines were invalid, when there was more than one.
  void warn_of_invalid() const;

 private:
  void repair(std::string& line);

  Source source_;
  InvalidText invalid_;
  int64_t invalid_count_ = 0, number_ = 0;
  std::exception_ptr failed_;  ///< the error of the line that comes next
};

}  // namespace heed::tasks
