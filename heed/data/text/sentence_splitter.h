// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heed::text {

enum class Gather {
  kMany,  ///< as many whole sentences per segment as fit
  kOne,   ///< one sentence per segment
};

/// Limits for a segment; 0 means no limit.
struct SplitOptions {
  size_t max_characters = 0, max_words = 0;
  /// A measure of the caller's, such as a model's number of subwords: the limit for the sum of cost(word)
  /// over the words of a segment. `cost` gets a word or a part of one, and must grow with the number of
  /// characters.
  size_t max_cost = 0;
  std::function<size_t(std::string_view word)> cost = {};
  /// Limit, below max_cost, up to which several sentences share a segment. A single sentence may exceed it.
  size_t usual_cost = 0;
  Gather gather = Gather::kMany;
  std::string language = {};  ///< whose abbreviations end no sentence; empty: all languages
};

/// A segment of a line: one or more sentences, or a part of one.
struct Piece {
  std::string_view text;       ///< a part of the input line
  std::string_view separator;  ///< blanks after the text, may be empty
  bool cut = false;            ///< whether the sentence continues in the next segment
};

/// Splits a line into segments within the limits: each has one sentence, or as many whole sentences as fit. A
/// sentence longer than the limit is cut at blanks, and a word longer than the limit between characters.
///
/// A sentence ends before a blank with . ! ? or an ellipsis and optional closing quotes and brackets, by the
/// rules of ends_sentence(); Chinese and Japanese full stops and marks need no blank. A sentence contains at
/// least one letter. An empty line is one segment, and so is a line that fits and needs no split. Nothing is
/// dropped: join_pieces restores the line. Accepts any bytes. Takes time linear in the length of the line.
std::vector<Piece> split_sentences(std::string_view line, const SplitOptions& options);

/// Joins texts and separators. With translated texts the result is the translation of the line.
std::string join_pieces(const std::vector<Piece>& pieces);

}  // namespace heed::text
