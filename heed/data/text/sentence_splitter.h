// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heed::text {

enum class Gather {
  kMany,  ///< as many whole sentences to a piece as it can hold
  kOne,   ///< one
};

/// The most that a piece may hold; 0 stands for no limit.
struct SplitOptions {
  size_t max_characters = 0, max_words = 0;
  /// A measure of one's own, such as the subwords that a model counts: what a word (or a part of one) costs,
  /// and what the words of a piece may cost in sum. The more characters, the more it must cost.
  size_t max_cost = 0;
  std::function<size_t(std::string_view word)> cost = {};
  /// Several sentences share a piece up to this cost only, below max_cost; one alone may cost more.
  size_t usual_cost = 0;
  Gather gather = Gather::kMany;
  std::string language = {};  ///< whose abbreviations end no sentence; empty: those of all
};

struct Piece {
  std::string_view text;       ///< of the line given
  std::string_view separator;  ///< the blanks behind it, often none
  bool cut = false;            ///< the sentence goes on in the next piece
};

/// Parts a line into pieces within the limits: each takes as many whole sentences as it can hold, or one; a
/// sentence longer than the limit is cut at blanks, and a word longer than the limit between characters.
///
/// A sentence ends with . ! ? or an ellipsis, and closing quotes and brackets, before a blank, by the rules
/// of ends_sentence(); with the full stops and marks of Chinese and Japanese also without one. It holds a
/// letter at least. A line that fits and is not to be parted is one piece, and so is an empty one. Nothing is
/// dropped: join_pieces gives the line again. Takes any bytes; linear in the line.
std::vector<Piece> split_sentences(std::string_view line, const SplitOptions& options);

/// The texts and separators one after another; with translated texts in place, the translation of the line.
std::string join_pieces(const std::vector<Piece>& pieces);

}  // namespace heed::text
