// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/unicode_text.h"

#include <stdexcept>

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace heed::evaluation {

std::u32string code_points(std::string_view utf8) {
  std::u32string text;
  text.reserve(utf8.size());
  const char* bytes = utf8.data();
  for (size_t i = 0; i < utf8.size();) {
    UChar32 character = 0;
    U8_NEXT_OR_FFFD(bytes, i, utf8.size(), character);
    text += static_cast<char32_t>(character);
  }
  return text;
}

std::string to_utf8(std::u32string_view text) {
  std::string utf8;
  utf8.reserve(text.size());
  for (const char32_t character : text) {
    char bytes[U8_MAX_LENGTH];
    size_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, character);
    utf8.append(bytes, length);
  }
  return utf8;
}

std::string lowercase(std::string_view utf8) {
  std::string lower;
  icu::StringByteSink<std::string> sink(&lower, static_cast<int32_t>(utf8.size()));
  UErrorCode status = U_ZERO_ERROR;
  icu::CaseMap::utf8ToLower("", 0, icu::StringPiece(utf8.data(), static_cast<int32_t>(utf8.size())), sink,
                            nullptr, status);
  if (U_FAILURE(status)) throw std::runtime_error(std::string("[lowercase] ICU: ") + u_errorName(status));
  return lower;
}

bool is_space(char32_t character) {
  if (character <= 0x20)
    return character == 0x20 || (character >= 0x09 && character <= 0x0D) || character >= 0x1C;
  if (character < 0x1680) return character == 0x85 || character == 0xA0;
  return character == 0x1680 || (character >= 0x2000 && character <= 0x200A) || character == 0x2028 ||
         character == 0x2029 || character == 0x202F || character == 0x205F || character == 0x3000;
}

bool is_ascii_punctuation(char32_t character) {
  return (character > U' ' && character < U'0') || (character > U'9' && character < U'A') ||
         (character > U'Z' && character < U'a') || (character > U'z' && character < 0x7F);
}

bool is_word_character(char32_t character) {
  const auto c = static_cast<UChar32>(character);
  return c == '_' || u_isalpha(c) || u_getIntPropertyValue(c, UCHAR_NUMERIC_TYPE) != U_NT_NONE;
}

std::u32string_view strip_end(std::u32string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::u32string_view> split(std::u32string_view text) {
  std::vector<std::u32string_view> parts;
  for (size_t i = 0; i < text.size();) {
    const size_t start = i;
    while (i < text.size() && !is_space(text[i])) ++i;
    if (i > start) parts.push_back(text.substr(start, i - start));
    ++i;
  }
  return parts;
}

}  // namespace heed::evaluation
