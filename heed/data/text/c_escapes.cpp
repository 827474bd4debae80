// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/c_escapes.h"

#include <algorithm>
#include <cctype>

namespace heed::text {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int lower = std::tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

/// Reads up to `most` digits from `raw` and returns the byte they denote; 0 if they are not a valid byte.
int take_number(std::string_view& raw, int base, size_t most) {
  int value = 0;
  size_t count = 0;
  for (; count < std::min(most, raw.size()) && digit(raw[count]) < base; ++count) {
    value = value * base + digit(raw[count]);
  }
  raw.remove_prefix(count);
  return value > 0xFF ? 0 : value;
}

/// Reads an escape from `raw`, behind its backslash, and returns its byte; 0 if the escape is invalid.
int take_escape(std::string_view& raw) {
  constexpr std::string_view kNames = "ntrbfva\\\"", kMeanings = "\n\t\r\b\f\v\a\\\"";
  if (raw.empty()) return 0;
  if (digit(raw[0]) < 8) return take_number(raw, 8, 3);
  const char name = raw[0];
  raw.remove_prefix(1);
  if (name == 'x') return take_number(raw, 16, 2);
  const size_t found = kNames.find(name);
  return found == std::string_view::npos ? 0 : kMeanings[found];
}

}  // namespace

std::string unescape_c(std::string_view raw, std::string& text) {
  while (true) {
    const size_t plain = std::min(raw.find('\\'), raw.size());
    text += raw.substr(0, plain);
    raw.remove_prefix(plain);
    if (raw.empty()) return "";
    const std::string_view escape = raw;
    raw.remove_prefix(1);
    const int byte = take_escape(raw);
    if (byte == 0)
      return "the escape " + std::string(escape.substr(0, escape.size() - raw.size())) +
             " is not a C escape for a byte from 1 to 255";
    text += static_cast<char>(byte);
  }
}

}  // namespace heed::text
