// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/utf8.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace heed::text {
namespace {

/// Returns the length of an ASCII prefix, in steps of eight bytes; up to seven further bytes may be ASCII.
size_t ascii_prefix(std::string_view text) {
  size_t count = 0;
  for (; count + sizeof(uint64_t) <= text.size(); count += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, text.data() + count, sizeof(word));
    if ((word & 0x8080808080808080) != 0) break;
  }
  return count;
}

bool is_no_break_space(char32_t value) {
  return value == 0xA0 || value == 0x2007 || value == 0x202F || value == 0x2060 || value == 0xFEFF;
}

}  // namespace

CodePoint decode_utf8(std::string_view text) {
  if (text.empty()) return {};
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  char32_t value = lead & (0x7FU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    value = value << 6 | (next & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kLeast[bytes] || value > 0x10FFFF || surrogate) return {};
  return {value, bytes};
}

CodePoint next_character(std::string_view text) {
  const CodePoint found = decode_utf8(text);
  return found.bytes > 0 || text.empty() ? found : CodePoint{kReplacement, 1};
}

std::string encode_utf8(char32_t value) {
  if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) value = kReplacement;
  if (value < 0x80) return {static_cast<char>(value)};
  const auto next = [value](int shift) { return static_cast<char>(0x80 | ((value >> shift) & 0x3F)); };
  if (value < 0x800) return {static_cast<char>(0xC0 | value >> 6), next(0)};
  if (value < 0x10000) return {static_cast<char>(0xE0 | value >> 12), next(6), next(0)};
  return {static_cast<char>(0xF0 | value >> 18), next(12), next(6), next(0)};
}

size_t well_formed_prefix(std::string_view text) {
  size_t position = ascii_prefix(text);
  while (position < text.size()) {
    const size_t bytes = decode_utf8(text.substr(position)).bytes;
    if (bytes == 0) return position;
    position += bytes;
    if (bytes == 1) position += ascii_prefix(text.substr(position));
  }
  return position;
}

std::string replace_malformed(std::string_view text) {
  std::string good;
  while (!text.empty()) {
    const size_t bytes = decode_utf8(text).bytes;
    const bool taken = bytes > 0 && text[0] != '\0';
    good += taken ? text.substr(0, bytes) : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(taken ? bytes : 1);
  }
  return good;
}

std::string not_utf8(char byte, size_t column) {
  std::array<char, 8> hex{};
  std::snprintf(hex.data(), hex.size(), "0x%02X", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  return std::string("byte ") + hex.data() + " in column " + std::to_string(column) + " is not valid UTF-8";
}

bool is_space(char32_t value) {
  if (value < 0x80) return value == ' ' || (value >= '\t' && value <= '\r');
  if (value == 0x2007) return false;
  return value == 0x85 || value == 0x1680 || (value >= 0x2000 && value <= 0x200A) || value == 0x2028 ||
         value == 0x2029 || value == 0x205F || value == 0x3000;
}

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    const CodePoint next = next_character(text);
    if (!is_space(next.value) && !is_no_break_space(next.value)) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

size_t count_characters(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(next_character(text).bytes);
  return count;
}

size_t count_words(std::string_view text) {
  size_t count = 0;
  for (bool inside = false; !text.empty();) {
    const CodePoint next = next_character(text);
    const bool space = is_space(next.value);
    if (!space && !inside) ++count;
    inside = !space;
    text.remove_prefix(next.bytes);
  }
  return count;
}

}  // namespace heed::text
