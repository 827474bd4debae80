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

/// Decodes the first character of `text`. Returns 0 bytes if the text is empty or does not begin with
/// well-formed UTF-8; overlong forms, surrogates and values above U+10FFFF are not well-formed.
CodePoint decode_utf8(std::string_view text);

/// Like decode_utf8, but returns U+FFFD for a byte that is not UTF-8, so that iteration always advances.
CodePoint next_character(std::string_view text);

constexpr char32_t kReplacement = 0xFFFD;

/// Returns the character in UTF-8, and U+FFFD for a surrogate and for values above U+10FFFF.
std::string encode_utf8(char32_t value);

/// Returns the length in bytes of the longest well-formed prefix: text.size() if all of the text is UTF-8.
size_t well_formed_prefix(std::string_view text);

/// Replaces each zero byte and each byte that is not UTF-8 by U+FFFD.
std::string replace_malformed(std::string_view text);

/// Returns "byte 0xFC in column 5 is not valid UTF-8"; columns are bytes, from 1.
std::string not_utf8(char byte, size_t column);

/// Whether the character is a blank at which a line may be broken; excludes no-break blanks.
bool is_space(char32_t value);
/// Whether the text contains only blanks of any kind.
bool is_blank(std::string_view text);

size_t count_characters(std::string_view text);
/// Counts words separated by is_space; scripts without blanks have few.
size_t count_words(std::string_view text);

}  // namespace heed::text
