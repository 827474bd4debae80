// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Text functions that equal those of Python's str, for metrics that must match Python programs.
namespace heed::evaluation {

/// Decodes UTF-8; each maximal malformed part becomes one U+FFFD, as with bytes.decode(errors="replace").
std::u32string code_points(std::string_view utf8);
std::string to_utf8(std::u32string_view text);

/// str.lower(): Unicode's full case mapping without a language. I with a dot above becomes i and a combining
/// dot; a capital sigma at the end of a word becomes a final sigma.
std::string lowercase(std::string_view utf8);

/// str.isspace()
bool is_space(char32_t character);
/// Whether the character is in string.punctuation: every visible ASCII character except letters and digits.
bool is_ascii_punctuation(char32_t character);
/// Whether `\w` of re matches the character: letters, all that has a numeric value, and the underscore.
bool is_word_character(char32_t character);
/// str.rstrip()
std::u32string_view strip_end(std::u32string_view text);
/// str.split(): the parts between runs of spaces, as views into `text`.
std::vector<std::u32string_view> split(std::u32string_view text);

}  // namespace heed::evaluation
