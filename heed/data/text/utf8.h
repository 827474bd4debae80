// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heed::text {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 0;
};

/// The character that `text` begins with; 0 bytes where it is empty or begins with no well-formed UTF-8.
/// Overlong forms, surrogates and values above U+10FFFF are not well-formed.
CodePoint decode_utf8(std::string_view text);

/// As decode_utf8, but a byte that is no UTF-8 counts as U+FFFD: whoever walks along always gets on.
CodePoint next_character(std::string_view text);

/// Bytes of the longest well-formed prefix: text.size() when all of it is UTF-8.
size_t well_formed_prefix(std::string_view text);

/// The text with U+FFFD in the place of each byte that is no UTF-8, and of zero bytes.
std::string replace_malformed(std::string_view text);

/// "byte 0xFC in column 5 is no UTF-8"; columns are bytes, from 1.
std::string not_utf8(char byte, size_t column);

/// Blanks at which a line may be broken; no-break blanks are not among them.
bool is_space(char32_t value);
/// No character but blanks of any kind.
bool is_blank(std::string_view text);

size_t count_characters(std::string_view text);
/// Words are parted by is_space; scripts without blanks have few of them.
size_t count_words(std::string_view text);

}  // namespace heed::text
