// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/text_parts.h"

#include <algorithm>

#include "heed/core/error.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

bool is_visible(char c) {
  return c > ' ' && c < 0x7F;
}
bool is_line_end_or_blank(char c) {
  return c == '\n' || c == ' ';
}

/// The start of the last character.
size_t last_character(std::string_view text) {
  size_t start = text.size();
  while (start > 1 && (static_cast<unsigned char>(text[start - 1]) & 0xC0) == 0x80) --start;
  return start > 1 ? start - 1 : text.size();
}

}  // namespace

size_t text_cut(std::string_view text) {
  for (size_t i = text.size(); i-- > 2;) {
    if (is_visible(text[i]) && is_line_end_or_blank(text[i - 1]) && is_visible(text[i - 2])) return i - 1;
  }
  const size_t blank = text.find_last_of("\n ");
  return blank != std::string_view::npos && blank > 0 ? blank : last_character(text);
}

TextFileReader::TextFileReader(const std::filesystem::path& path, size_t part_bytes)
    : bytes_(open_bytes(path)), name_(path.string()), part_bytes_(part_bytes) {}

void TextFileReader::fail(size_t byte, const std::string& message) const {
  const auto before = std::string_view(unchecked_).substr(0, byte);
  const int64_t line = lines_ + std::count(before.begin(), before.end(), '\n') + 1;
  throw Error(ErrorKind::kData, message, name_ + ", line " + std::to_string(line));
}

/// Checks the bytes at hand; a character that is cut at their end may go on in the next ones.
void TextFileReader::check(std::string_view bytes) {
  constexpr size_t kLongestCharacter = 4;
  const size_t valid = well_formed_prefix(bytes);
  const bool cut = !at_end_ && bytes.size() - valid < kLongestCharacter;
  if (valid < bytes.size() && !cut) {
    const size_t end = bytes.substr(0, valid).rfind('\n');
    const size_t column = end == std::string_view::npos ? column_ + valid : valid - end - 1;
    const bool utf16 = at_start_ && (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"));
    fail(valid, not_utf8(bytes[valid], column + 1) + (utf16 ? "; the file looks like UTF-16" : ""));
  }
  if (const size_t zero = bytes.find('\0'); zero < valid) fail(zero, "a zero byte; is this a text file?");
}

/// Reads until a part is there, or the end.
void TextFileReader::fill() {
  std::string block(part_bytes_, '\0');
  while (!at_end_ && rest_.size() <= part_bytes_) {
    size_t count = 0;
    try {
      count = bytes_.read(block);
    } catch (const Error& error) {
      throw Error(error.kind(), error.message(), name_);
    }
    at_end_ = count < block.size();
    unchecked_.append(block, 0, count);
    check(unchecked_);
    size_t valid = well_formed_prefix(unchecked_);
    if (!at_end_ && valid > 0 && unchecked_[valid - 1] == '\r') --valid;  // its LF may follow
    std::string_view good = std::string_view(unchecked_).substr(0, valid);
    lines_ += std::count(good.begin(), good.end(), '\n');
    const size_t end = good.rfind('\n');
    column_ = end == std::string_view::npos ? column_ + valid : valid - end - 1;
    if (at_start_ && good.starts_with(kByteOrderMark)) good.remove_prefix(kByteOrderMark.size());
    at_start_ = at_start_ && valid == 0;
    for (size_t i = 0; i < good.size(); ++i) {
      if (good[i] != '\r' || i + 1 == good.size() || good[i + 1] != '\n') rest_ += good[i];
    }
    unchecked_.erase(0, valid);
  }
}

bool TextFileReader::next(std::string& part) {
  fill();
  part.clear();
  if (rest_.empty()) return false;
  const size_t size = at_end_ && rest_.size() <= part_bytes_
                          ? rest_.size()
                          : text_cut(std::string_view(rest_).substr(0, part_bytes_));
  part.assign(rest_, 0, size);
  rest_.erase(0, size);
  return true;
}

}  // namespace heed::text
