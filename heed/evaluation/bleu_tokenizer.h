// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace heed::evaluation {

/// How BLEU cuts a line into tokens, by sacrebleu's names (Post 2018, arXiv:1804.08771).
enum class BleuTokenizer {
  k13a,   ///< NIST's mteval-v13a, for Western languages: ASCII punctuation, four entities read back
  kIntl,  ///< mteval-v14's international form: punctuation and symbols of all of Unicode
  kChar,  ///< every character but space
  kNone,  ///< the line is tokenised already
};

/// "13a", "intl", "char", "none".
std::string_view name(BleuTokenizer tokenizer);
/// Throws Error(kUsage), with the names that are known.
BleuTokenizer bleu_tokenizer(std::string_view name);

/// The line with space between its tokens. Runs of space, and space at either end, mean nothing. The caller
/// has stripped the line's end, as BLEU does.
///
/// 13a: `<skipped>` and hyphens before a line feed vanish, other line feeds are space; &quot; &amp; &lt; and
/// &gt; are read in this order. ASCII punctuation stands alone, but the apostrophe, which stays in its word;
/// a full stop or comma stays between digits, and a hyphen stays unless a digit is before it. intl:
/// punctuation stays between numbers, and a last one after a number stays too, as in mteval-v14; symbols
/// stand alone.
std::u32string tokenize(std::u32string_view line, BleuTokenizer tokenizer);

}  // namespace heed::evaluation
