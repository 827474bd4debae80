// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/drawable_text.h"

#include <algorithm>

namespace heed::rendering {
namespace {

void append_latin1(unsigned char byte, std::string& utf8) {
  if (byte < 0xA0) {
    utf8 += '?';  // a control character
  } else {
    utf8 += static_cast<char>(0xC0 | byte >> 6);
    utf8 += static_cast<char>(0x80 | (byte & 0x3F));
  }
}

bool is_control(char byte) {
  return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F;
}

}  // namespace

size_t sequence_length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(at);
  const size_t length = lead < 0x80                    ? 1
                        : lead >= 0xC2 && lead < 0xE0  ? 2
                        : lead >= 0xE0 && lead < 0xF0  ? 3
                        : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                       : 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned second = byte(at + 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool not_a_character = (lead == 0xED && second >= 0xA0) || (lead == 0xF4 && second >= 0x90);
  return overlong || not_a_character ? 0 : length;
}

std::string drawable(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t length = sequence_length(text, at);
    if (length == 0) {
      append_latin1(static_cast<unsigned char>(text[at]), result);
    } else if (length == 1 && is_control(text[at])) {
      result += ' ';
    } else {
      result.append(text, at, length);
    }
    at += std::max<size_t>(length, 1);
  }
  return result;
}

std::string drawable_in_place(std::string_view text) {
  std::string result(text);
  for (size_t at = 0; at < text.size();) {
    const size_t length = sequence_length(text, at);
    if (length == 0) result[at] = '?';
    if (length == 1 && is_control(text[at]) && text[at] != '\n' && text[at] != '\t') result[at] = ' ';
    at += std::max<size_t>(length, 1);
  }
  return result;
}

}  // namespace heed::rendering
