// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace heed::text {

/// GPT-2's pre-tokeniser (Radford et al. 2019): cuts a text into the pieces within which byte-level BPE merges.
/// Together the pieces are the text. They are the matches, one after the other, of
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// with Unicode's general categories L and N, and \s for the property White_Space. So contractions are those of
/// small letters; marks are not letters; and of several blanks before a word, the word takes the last one.
///
/// A byte that is not UTF-8 counts as one character that is no letter, number or blank, as U+FFFD does.
///
/// Returns the length in bytes of the first piece; 0 for an empty text. Where a piece ends depends on at most
/// the character after it. Unicode's version is that of ICU: characters that a later version adds are no letters or
/// numbers. Safe to call from several threads.
size_t byte_level_piece(std::string_view text);

/// Calls `take(piece)` with every piece of a text, in order.
template <class Take>
void for_each_byte_level_piece(std::string_view text, Take take) {
  while (!text.empty()) {
    const size_t bytes = byte_level_piece(text);
    take(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
}

}  // namespace heed::text
