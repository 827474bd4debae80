// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "heed/data/byte_stream.h"

namespace heed::text {

/// Where a text is best cut so that both sides yield the tokens of the whole: before a single line end or
/// blank between two visible ASCII characters, the last such place; else before the last line end or blank;
/// else before the last character. Returns text.size() for a text of one character.
size_t text_cut(std::string_view text);

/// Reads a plain text file of any size in parts of about `part_bytes`, unpacked. Drops the byte order mark
/// and the CR of CRLF. Throws Error(kData) with file and line for a byte that is not UTF-8 and a zero byte.
class TextFileReader {
 public:
  static constexpr size_t kPartBytes = size_t{1} << 20;
  explicit TextFileReader(const std::filesystem::path& path, size_t part_bytes = kPartBytes);

  /// Reads the next part. Returns false, with `part` empty, after the last one.
  bool next(std::string& part);
  /// Whether the latest part was the last one.
  bool at_end() const { return at_end_ && rest_.empty(); }

 private:
  void fill();
  void check(std::string_view bytes);
  [[noreturn]] void fail(size_t byte, const std::string& message) const;

  ByteStream bytes_;
  std::string name_;
  size_t part_bytes_;
  std::string rest_;  ///< read, checked, not yet given
  std::string unchecked_;
  bool at_start_ = true, at_end_ = false;
  int64_t lines_ = 0;  ///< line ends before unchecked_
  size_t column_ = 0;  ///< bytes of its line before unchecked_
};

}  // namespace heed::text
