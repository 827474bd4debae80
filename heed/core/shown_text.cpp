// SPDX-License-Identifier: Apache-2.0
#include "heed/core/shown_text.h"

#include <clocale>
#include <cstdio>
#include <cwchar>
#include <utility>

#include <locale.h>

namespace heed {
namespace {

/// Makes UTF-8 the encoding of this thread for the functions of the C library while it lives.
class Utf8Scope {
 public:
  Utf8Scope() : outer_(::uselocale(locale())) {}
  ~Utf8Scope() { ::uselocale(outer_); }
  Utf8Scope(const Utf8Scope&) = delete;
  Utf8Scope& operator=(const Utf8Scope&) = delete;

 private:
  /// Never freed: a scope may be the last thing that a thread does.
  static locale_t locale() {
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return utf8;  // null changes nothing: then each byte above 127 is a byte that is not UTF-8
  }
  locale_t outer_;
};

struct Character {
  wchar_t value = 0;
  size_t bytes = 1;
  bool valid = false;  ///< false: a byte that is not UTF-8
};

/// The first character of a text that is not empty. Needs a Utf8Scope.
Character first_character(std::string_view text) {
  std::mbstate_t state{};
  wchar_t value = 0;
  const size_t bytes = std::mbrtowc(&value, text.data(), text.size(), &state);
  if (bytes == 0) return {L'\0', 1, true};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (bytes > text.size() || surrogate || value > 0x10FFFF) return {};  // -1: malformed, -2: incomplete
  return {value, bytes, true};
}

bool is_control(const Character& c) {
  return c.valid &&
         (c.value < 0x20 || (c.value >= 0x7F && c.value < 0xA0) || c.value == 0x2028 || c.value == 0x2029);
}

/// Whether a direction mark could make a terminal show other text than is there.
bool changes_direction(const Character& c) {
  return c.valid && ((c.value >= 0x202A && c.value <= 0x202E) || (c.value >= 0x2066 && c.value <= 0x2069));
}

/// Calls `visit` with each character and its bytes until it returns false.
template <class Visit>
void each_character(std::string_view text, const Visit& visit) {
  const Utf8Scope utf8;
  while (!text.empty()) {
    const Character c = first_character(text);
    if (!visit(c, text.substr(0, c.bytes))) return;
    text.remove_prefix(c.bytes);
  }
}

/// The columns of a character after one of `before` columns.
size_t width(const Character& c, size_t before) {
  constexpr wchar_t kEmojiForm = 0xFE0F;  // shows the character before it as an emoji, two columns wide
  if (!c.valid) return 1;
  if (c.value == kEmojiForm) return before == 1 ? 1 : 0;
  const int columns = ::wcwidth(c.value);
  return columns < 0 ? 1 : static_cast<size_t>(columns);
}

/// "\n", or "\x1b" for each byte.
std::string escaped(std::string_view bytes) {
  for (const auto& [byte, name] : {std::pair('\n', "\\n"), std::pair('\t', "\\t"), std::pair('\r', "\\r")})
    if (bytes == std::string_view(&byte, 1)) return name;
  std::string text;
  for (const char byte : bytes) {
    char hex[8];
    std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    text += hex;
  }
  return text;
}

}  // namespace

bool is_utf8(std::string_view text) {
  bool good = true;
  each_character(text, [&](const Character& c, std::string_view) { return good = c.valid; });
  return good;
}

size_t columns_of(std::string_view text) {
  size_t columns = 0, last = 0;
  each_character(text, [&](const Character& c, std::string_view) {
    columns += last = width(c, last);
    return true;
  });
  return columns;
}

std::string cut_to_columns(std::string_view text, size_t columns) {
  std::string cut;
  size_t taken = 0, last = 0;
  each_character(text, [&](const Character& c, std::string_view bytes) {
    taken += last = width(c, last);
    if (taken > columns) return false;
    cut += bytes;
    return true;
  });
  return cut;
}

std::string printable(std::string_view text) {
  std::string shown;
  each_character(text, [&](const Character& c, std::string_view bytes) {
    shown += !c.valid || is_control(c) || changes_direction(c) ? escaped(bytes) : std::string(bytes);
    return true;
  });
  return shown;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "%+,-./:=@_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  const std::string shown = printable(text);
  const bool escapes = shown != text;
  std::string word = escapes ? "$'" : "'";
  each_character(text, [&](const Character&, std::string_view bytes) {
    const std::string safe = printable(bytes);
    if (bytes == "'") {
      word += escapes ? "\\'" : "'\\''";
    } else if (bytes == "\\" && escapes) {
      word += "\\\\";
    } else {
      word += safe;
    }
    return true;
  });
  return word + "'";
}

}  // namespace heed
