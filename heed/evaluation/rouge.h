// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/evaluation/ngram_overlap.h"

/// ROUGE (Lin 2004, ROUGE: a package for automatic evaluation of summaries), equal to Google's rouge_score
/// 0.1.2. All text is UTF-8; malformed bytes count as U+FFFD.
///
/// Words are the runs of a to z and 0 to 9 in the lower-cased text: "naïve" is "na" and "ve", and text in
/// other scripts has no words. All scores lie between 0 and 1.
namespace heed::evaluation {

struct RougeOptions {
  bool stemmer = false;  ///< compare words of more than three letters by their stem (porter_stemmer.h)
};

/// What both sides share, over the hypothesis (precision) and over the reference (recall); 0 if that is nothing.
struct RougeScore {
  double precision = 0, recall = 0, f1 = 0;
  RougeScore& operator+=(const RougeScore& other);
};

/// The scores of a segment, or their means over segments.
struct RougeScores {
  RougeScore rouge1, rouge2;  ///< of single words, and of pairs of neighbours
  RougeScore rouge_l;         ///< of the longest common subsequence of words
  RougeScore
      rouge_lsum;  ///< of the union of those of all lines of the hypothesis with each line of the reference
  RougeScores& operator+=(const RougeScores& other);
};

/// Scores segments. Reuses its memory; each thread needs its own scorer.
class RougeScorer {
 public:
  explicit RougeScorer(const RougeOptions& options = {}) : options_(options) {}

  /// Each of the scores is that of the first reference with the best F1 (rouge_score's score_multi). For
  /// rouge_lsum each line is a sentence. Throws std::invalid_argument without a reference.
  RougeScores score(std::string_view hypothesis, std::span<const std::string_view> references);

 private:
  using Words = std::vector<uint32_t>;
  std::vector<Words> lines(std::u32string_view text);
  RougeScores against(const std::vector<Words>& hypothesis, const std::vector<Words>& reference);

  RougeOptions options_;
  WordIds words_;
  NgramOverlap overlap_{2};
};

/// Returns the means over segments; references[r][i] is reference r of hypotheses[i]. Throws
/// std::invalid_argument if there is no segment, no reference, or one of another length.
RougeScores mean_rouge(std::span<const std::string> hypotheses,
                       std::span<const std::vector<std::string>> references,
                       const RougeOptions& options = {});

/// Returns the words that are compared with a blank between: "the cat sat" of "The CAT, sat!". Keeps ends of
/// lines.
std::string rouge_words(std::string_view text, const RougeOptions& options = {});

}  // namespace heed::evaluation
