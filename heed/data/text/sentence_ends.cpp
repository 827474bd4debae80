// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/sentence_ends.h"

#include <algorithm>
#include <array>
#include <string>

#include <unicode/uchar.h>

#include "heed/data/text/language.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

/// Words that are written with a point, separated by blanks. The case of their first letter is ignored.
struct Abbreviations {
  std::string_view language;
  std::string_view never;         ///< never end a sentence
  std::string_view before_digit;  ///< do not end a sentence before a number
  std::string_view sometimes;     ///< end a sentence unless a small letter or a number follows
};

constexpr std::array<Abbreviations, 8> kAbbreviations{{
    {"", "Mr Mrs Ms Dr Prof St", "", ""},  // names of people occur in every language
    {"en",
     "Mx Messrs Rev Hon Gov Sen Rep Gen Col Maj Capt Cmdr Lt Sgt Cpl Pvt Adm Mt Ft vs approx ca cf viz "
     "incl",
     "No Nos Fig Figs Sec Ch Vol Eq Art p pp Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec",
     "etc Inc Ltd Corp Co Bros Jr Sr a.m p.m A.M P.M"},
    {"de", "Hr Hrn Fr Frl Dipl Nr bzw vgl ca evtl ggf ggfs inkl exkl zzgl sog geb gest Hrsg Mio Mrd Tel",
     "Abb Abs Art Aufl Bd Jg Kap Anm S", "usw usf etc Str Jh Jhd Std Min Co u.a u.v.m"},
    {"fr", "MM Mgr Pr Ste Me av apr env cf", "art chap fig vol p pp", "etc"},
    {"es", "Sr Sra Sres Srta Dra Dña Ud Uds Vd Vds Gral Lic Ing aprox", "núm pág págs art cap fig vol",
     "etc"},
    {"it", "Sig Sigg Dott Avv Arch Ing Gen Col Cap", "art cap fig vol pag pagg", "ecc"},
    {"pt", "Sr Sra Srta Dra Eng Exmo Exma aprox", "art cap fig vol pág págs", "etc"},
    {"nl", "dhr mevr mw drs ing ir bijv ca resp evt incl excl", "nr blz art fig", "enz etc"},
}};

/// Languages that write ordinal numbers as digits and a point.
constexpr std::string_view kOrdinals = "de da nb nn no fi is fo et lv lt hu cs sk sl hr sr bs pl tr lb eu";

/// Calls `use` for each part of a text between separators, until it returns true.
template <class Use>
bool any_part(std::string_view text, char separator, const Use& use) {
  for (;;) {
    const size_t end = std::min(text.find(separator), text.size());
    if (use(text.substr(0, end))) return true;
    if (end == text.size()) return false;
    text.remove_prefix(end + 1);
  }
}

char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_listed(std::string_view word, std::string_view list) {
  return any_part(list, ' ', [&](std::string_view entry) {
    return entry.size() == word.size() && ascii_lower(entry[0]) == ascii_lower(word[0]) &&
           entry.substr(1) == word.substr(1);
  });
}

bool is_listed(std::string_view word, std::string_view Abbreviations::*list, std::string_view language) {
  return std::any_of(kAbbreviations.begin(), kAbbreviations.end(), [&](const Abbreviations& of) {
    return (of.language.empty() || language.empty() || same_language(of.language, language)) &&
           is_listed(word, of.*list);
  });
}

bool writes_ordinals(std::string_view language) {
  return !language.empty() &&
         any_part(kOrdinals, ' ', [&](std::string_view code) { return same_language(code, language); });
}

/// Whether the text is one letter, or up to `most`, with upper and lower case: no word of Chinese qualifies.
bool is_short_letters(std::string_view text, size_t most) {
  size_t count = 0;
  for (; !text.empty(); ++count) {
    const CodePoint c = next_character(text);
    const auto value = static_cast<UChar32>(c.value);
    if (u_isupper(value) == 0 && u_islower(value) == 0) return false;
    text.remove_prefix(c.bytes);
  }
  return count > 0 && count <= most;
}

/// Whether the word is dotted, such as "U.S" and "z.B" (without the last point).
bool is_dotted(std::string_view word) {
  return word.find('.') != std::string_view::npos &&
         !any_part(word, '.', [](std::string_view part) { return !is_short_letters(part, 2); });
}

bool consists_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

/// Returns the first character behind opening quotes and brackets.
char32_t first_character(std::string_view next) {
  for (; !next.empty(); next.remove_prefix(next_character(next).bytes)) {
    const auto c = static_cast<UChar32>(next_character(next).value);
    if (u_isalnum(c) != 0) return static_cast<char32_t>(c);
  }
  return 0;
}

/// The end of a word: its letters or digits, the stops behind them, and whether quotes or brackets close it.
struct Ending {
  std::string_view core, stops;
  bool closed = false;
};

Ending parse(std::string_view word) {
  Ending ending;
  size_t stops_begin = 0, stops_end = 0;
  bool inside = false;
  for (size_t i = 0; i < word.size();) {
    const CodePoint c = next_character(word.substr(i));
    if (is_stop(c.value)) {
      if (!inside) stops_begin = i;
      stops_end = i + c.bytes;
    }
    inside = is_stop(c.value);
    i += c.bytes;
  }
  ending.closed = stops_end < word.size();
  ending.stops = word.substr(stops_begin, stops_end - stops_begin);
  std::string_view core = word.substr(0, stops_begin);
  while (!core.empty() && u_isalnum(static_cast<UChar32>(next_character(core).value)) == 0)
    core.remove_prefix(next_character(core).bytes);  // opening quotes and brackets
  ending.core = core;
  return ending;
}

bool ends_behind_point(std::string_view core, bool small, bool digit, std::string_view language) {
  if (core.empty()) return true;
  if (is_listed(core, &Abbreviations::sometimes, language)) return !small && !digit;
  if (is_dotted(core) || is_listed(core, &Abbreviations::never, language)) return false;
  if (is_short_letters(core, 1)) return core == "I" && !small;  // initials, "z. B."
  if (digit && is_listed(core, &Abbreviations::before_digit, language)) return false;
  if (!writes_ordinals(language)) return true;
  const bool ordinal = consists_of(core, "0123456789") && core.size() <= 2;
  return !ordinal && !(small && consists_of(core, "IVXLC"));
}

}  // namespace

bool is_stop(char32_t c) {
  return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0xFF0E;
}

bool is_wide_stop(char32_t c) {
  return c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF61;
}

bool is_closing(char32_t c) {
  constexpr std::u32string_view kClosing =
      U"\"')]}"
      U"\u00BB\u00AB\u2019\u201D\u201C\u203A\u2039\u3009\u300B\u300D\u300F\u3011\uFF02\uFF07\uFF09\uFF3D";
  return kClosing.find(c) != std::u32string_view::npos;
}

bool may_open(char32_t c) {
  return c == 0xAB || c == 0x201C || c == 0x2039;
}

bool has_letter(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(next_character(text).bytes)) {
    if (u_isalpha(static_cast<UChar32>(next_character(text).value)) != 0) return true;
  }
  return false;
}

bool ends_sentence(std::string_view word, std::string_view next, std::string_view language) {
  const char32_t first = first_character(next);
  const bool small = u_islower(static_cast<UChar32>(first)) != 0;
  const Ending ending = parse(word);
  if (ending.closed && small) return false;
  const bool ellipsis = ending.stops.find("..") != std::string_view::npos || ending.stops == "\u2026";
  if (ellipsis) return !small;
  if (ending.stops != ".") return true;
  return ends_behind_point(ending.core, small, u_isdigit(static_cast<UChar32>(first)) != 0, language);
}

}  // namespace heed::text
