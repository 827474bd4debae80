// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/text_content.h"

#include <algorithm>

#include "heed/core/error.h"
#include "heed/data/text/utf8.h"

namespace heed::graph {

std::string place_at(std::string_view text, size_t byte, const std::string& file) {
  const auto end = text.begin() + static_cast<ptrdiff_t>(std::min(byte, text.size()));
  return file + ", line " + std::to_string(1 + std::count(text.begin(), end, '\n'));
}

void check_text(std::string_view text, const std::string& file) {
  const size_t valid = text::well_formed_prefix(text);
  const size_t zero = text.find('\0');
  if (valid == text.size() && zero == std::string_view::npos) return;
  const size_t byte = std::min(valid, zero);
  const size_t line_begin = byte == 0 ? 0 : text.rfind('\n', byte - 1) + 1;  // npos + 1 is 0
  const size_t column = byte - line_begin + 1;
  const bool utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  const std::string message =
      zero < valid ? "a zero byte in column " + std::to_string(column) + "; is this a text file?"
                   : text::not_utf8(text[byte], column) + (utf16 ? "; the file looks like UTF-16" : "");
  throw Error(ErrorKind::kData, message, place_at(text, byte, file));
}

}  // namespace heed::graph
