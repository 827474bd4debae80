// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heed {

/// Whether all of the text is well-formed UTF-8.
bool is_utf8(std::string_view text);

/// The columns that a terminal needs for the text: 2 for a wide character (Chinese, Japanese, Korean, emoji), 0 for a
/// combining one. A character that a terminal may show wider or narrower counts as the wider. A byte that is not UTF-8
/// and a control character count 1.
size_t columns_of(std::string_view text);

/// The longest beginning of the text, in whole characters, that fits into so many columns.
std::string cut_to_columns(std::string_view text, size_t columns);

/// The text with control characters and bytes that are not UTF-8 as escapes, "\n", "\x1b", "\xe9": one line that is
/// safe on a terminal, whatever a file name contains.
std::string printable(std::string_view text);

/// The text as one word of a command line for a shell: unchanged if it is plain, else quoted, for example
/// 'John'\''s run' or $'caf\xe9'.
std::string shell_word(std::string_view text);

}  // namespace heed
