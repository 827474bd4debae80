// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace heed::text {

/// Whether a sentence ends after `word` when `next` follows it. `word` ends in . ! ? or an ellipsis,
/// optionally with closing quotes and brackets. `language` is a code such as "de"; if it is empty, the
/// abbreviations of all known languages apply, and the ordinal numbers of none.
///
/// A sentence does not end after an abbreviation that is always followed by something ("Mr.", "z. B.",
/// "U.S."), an initial, "No." or "p." before a number, or an ordinal number in languages that write it with a
/// point ("am 3. Oktober"). Before a small letter it does not end after an ellipsis, a closing quote ("Nein!"
/// sagte er) or an abbreviation that can end a sentence ("etc."). After all other words it ends even before a
/// small letter, since many people write sentences that way.
bool ends_sentence(std::string_view word, std::string_view next, std::string_view language);

/// Whether the character is a full stop, question mark, exclamation mark or ellipsis.
bool is_stop(char32_t c);
/// Whether the character is a Chinese or Japanese stop, which needs no blank after it.
bool is_wide_stop(char32_t c);
/// Whether the character is a closing quote or bracket.
bool is_closing(char32_t c);
/// Whether the character closes a quote in one language and opens one in another.
bool may_open(char32_t c);

/// Whether the text contains a letter of any script.
bool has_letter(std::string_view text);

}  // namespace heed::text
