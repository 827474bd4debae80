// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Text as Python's str sees it: metrics that must equal those of Python programs cut and fold text by its
/// rules.
namespace heed::evaluation {

/// Malformed UTF-8 becomes U+FFFD, one for each maximal part, as bytes.decode(errors="replace") does.
std::u32string code_points(std::string_view utf8);
std::string to_utf8(std::u32string_view text);

/// str.lower(): Unicode's full mapping of no language in particular. I with a dot above becomes i and a
/// combining dot; capital sigma becomes its final form at the end of a word.
std::string lowercase(std::string_view utf8);

/// str.isspace().
bool is_space(char32_t character);
/// string.punctuation: every visible ASCII character but letters and digits.
bool is_ascii_punctuation(char32_t character);
/// str.rstrip().
std::u32string_view strip_end(std::u32string_view text);
/// str.split(): the parts between runs of space, as views into `text`.
std::vector<std::u32string_view> split(std::u32string_view text);

}  // namespace heed::evaluation
