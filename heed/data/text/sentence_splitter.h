// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heed::text {

/// The most that a piece may hold; 0 stands for no limit.
struct SplitOptions {
  size_t max_characters = 0, max_words = 0;
  /// A measure of one's own, such as the subwords that a model counts: what a word (or a part of one) costs,
  /// and what the words of a piece may cost in sum. The more characters, the more it must cost.
  size_t max_cost = 0;
  std::function<size_t(std::string_view word)> cost = {};
};

struct Piece {
  std::string_view text;       ///< of the line given
  std::string_view separator;  ///< the blanks behind it, often none
};

/// Cuts a line that is longer than the limit into pieces that are not: each takes as many whole sentences as
/// it can hold, a sentence longer than the limit is cut at blanks, and a word longer than the limit between
/// characters. Few cuts, so that a point after an abbreviation seldom counts as a sentence's end.
///
/// A sentence ends with . ! ? or an ellipsis, and closing quotes and brackets, before a blank; with the full
/// stops and marks of Chinese and Japanese also without one. A line that fits is one piece, and so is an
/// empty one. Nothing is dropped: join_pieces gives the line again. Takes any bytes; linear in the line.
std::vector<Piece> split_sentences(std::string_view line, const SplitOptions& options);

/// The texts and separators one after another; with translated texts in place, the translation of the line.
std::string join_pieces(const std::vector<Piece>& pieces);

}  // namespace heed::text
