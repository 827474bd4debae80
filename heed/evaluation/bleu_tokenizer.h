// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace heed::evaluation {

/// The tokenizers of BLEU, by sacrebleu's names (Post 2018, arXiv:1804.08771).
enum class BleuTokenizer {
  k13a,   ///< NIST's mteval-v13a, for Western languages: ASCII punctuation; decodes four entities
  kIntl,  ///< mteval-v14's international form: punctuation and symbols of all of Unicode
  kChar,  ///< every character except spaces
  kNone,  ///< the line is already tokenised
};

/// Returns "13a", "intl", "char" or "none".
std::string_view name(BleuTokenizer tokenizer);
/// Throws Error(kUsage), with the known names, for an unknown name.
BleuTokenizer bleu_tokenizer(std::string_view name);

/// Returns the line with spaces between its tokens. Runs of spaces, and spaces at either end, are not
/// significant. The caller has stripped the end of the line, as BLEU does.
///
/// 13a: removes `<skipped>` and hyphens before a line feed; other line feeds become spaces; decodes &quot;
/// &amp; &lt; and &gt; in this order. ASCII punctuation is separated, except the apostrophe, a full stop or
/// comma between digits, and a hyphen that does not follow a digit. intl: punctuation is separated except
/// between numbers and, as in mteval-v14, at the end after a number; symbols are separated.
std::u32string tokenize(std::u32string_view line, BleuTokenizer tokenizer);

}  // namespace heed::evaluation
