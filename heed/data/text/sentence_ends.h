// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace heed::text {

/// Whether a sentence ends behind `word`, which closes with . ! ? or an ellipsis and perhaps quotes and
/// brackets, when `next` comes after it. `language` is a code such as "de", or empty: then the abbreviations
/// of every language known here count, and ordinal numbers of none.
///
/// No sentence ends behind an abbreviation that something follows ("Mr.", "z. B.", "U.S."), an initial, "No."
/// or "p." before a number, and an ordinal number of a language that writes it so ("am 3. Oktober"). Where a
/// small letter comes next, none ends behind an ellipsis, a closing quote ("Nein!" sagte er) and
/// abbreviations that do end sentences ("etc."). After other words a small letter may begin one: many write
/// so.
bool ends_sentence(std::string_view word, std::string_view next, std::string_view language);

/// A full stop, question or exclamation mark, or an ellipsis.
bool is_stop(char32_t c);
/// Stops of Chinese and Japanese, which need no blank behind them.
bool is_wide_stop(char32_t c);
/// Quotes and brackets that close.
bool is_closing(char32_t c);
/// Quotes that close in one language and open in another.
bool may_open(char32_t c);

/// Whether some letter of any script is in it.
bool has_letter(std::string_view text);

}  // namespace heed::text
