// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "heed/data/text/byte_stream.h"

namespace heed::text {

struct LineOptions {
  size_t max_line_bytes =
      size_t{1} << 20;  ///< a longer line is an error; a carriage return at its end counts
};

/// The lines of a UTF-8 text file, plain or packed by gzip, one by one; memory is a buffer and the line.
///
///     LineReader lines("train.en.gz");
///     for (std::string line; lines.next(line);) use(line);
///
/// A line ends at LF alone; CR before it and a byte order mark at the start of the file are dropped. The last
/// line needs no LF. Throws Error(kData) naming file and line for a byte that is no UTF-8 (with its column,
/// from 1, in bytes), a zero byte, a line longer than the limit, and gzip data cut short or corrupt.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& path, const LineOptions& options = {});
  /// `name` is the input's, for messages.
  LineReader(std::unique_ptr<std::istream> input, std::string name, const LineOptions& options = {});

  /// False, and `line` empty, after the last line.
  bool next(std::string& line);

  const std::string& name() const { return name_; }
  int64_t line_number() const { return number_; }  ///< of the line that next() gave last, from 1
  /// Throws Error(kData) with that line as its place.
  [[noreturn]] void fail(const std::string& message) const;

 private:
  LineReader(ByteStream bytes, std::string name, const LineOptions& options);
  bool fill();
  void append(std::string& line, size_t count);
  void check(const std::string& line) const;

  ByteStream bytes_;
  std::string name_;
  LineOptions options_;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;  ///< what of buffer_ is still to come
  bool at_start_ = true;
  int64_t number_ = 0;
};

}  // namespace heed::text
