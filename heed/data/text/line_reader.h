// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "heed/data/byte_stream.h"

namespace heed::text {

struct LineOptions {
  size_t max_line_bytes =
      size_t{1} << 20;  ///< limit above which a line is an error; includes a carriage return
};

/// Reads the lines of a UTF-8 text file, plain or gzip. Memory: a buffer and the current line.
///
///     LineReader lines("train.en.gz");
///     for (std::string line; lines.next(line);) use(line);
///
/// A line ends at LF; a CR before it and a byte order mark at the start of the file are dropped. The last
/// line needs no LF. Throws Error(kData) with file and line for a byte that is not UTF-8 (with its column in
/// bytes, from 1), a zero byte, a line that exceeds the limit, and gzip data that is truncated or corrupt.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& path, const LineOptions& options = {});
  /// `name` is the input's name in error messages.
  LineReader(std::unique_ptr<std::istream> input, std::string name, const LineOptions& options = {});

  /// Reads the next line. Returns false, with `line` empty, after the last line.
  bool next(std::string& line);

  const std::string& name() const { return name_; }
  int64_t line_number() const { return number_; }  ///< number of the current line, from 1
  /// Throws Error(kData) with the current line as its place.
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
  size_t begin_ = 0, end_ = 0;  ///< unread range of buffer_
  bool at_start_ = true;
  int64_t number_ = 0;
};

}  // namespace heed::text
