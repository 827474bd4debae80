// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/evaluation/ngram_overlap.h"

/// chrF (Popović 2015) and chrF++ (Popović 2017), with the numbers of sacrebleu 2.x. All text is UTF-8;
/// malformed bytes count as U+FFFD.
namespace heed::evaluation {

struct ChrfOptions {
  int char_order = 6;
  int word_order = 0;  ///< 2: chrF++
  int beta = 2;        ///< recall counts beta^2 times as much as precision
  bool lowercase = false;
  bool whitespace = false;  ///< space takes part in character n-grams
  /// The mean of the orders' F, as Popović's own program has it; else F of the orders' mean precision and
  /// recall, over those that both sides have n-grams of.
  bool eps_smoothing = false;
};

/// What a score is made of. Those of segments add up to those of their corpus.
struct ChrfStatistics {
  struct Order {
    /// n-grams; none of the hypothesis where the reference has none
    int64_t hypothesis = 0, reference = 0, matches = 0;
  };
  std::vector<Order> orders;  ///< of characters, then of words
  ChrfStatistics& operator+=(const ChrfStatistics& other);
};

/// Counts segments, one after another. Keeps its memory between them: one for each thread.
/// Throws std::invalid_argument for orders below 0, no order at all, or beta < 1.
class ChrfCounter {
 public:
  explicit ChrfCounter(const ChrfOptions& options = {});

  /// Of several references the first with the best score for this segment. Words are parted at space, and
  /// from one ASCII punctuation mark at their end or, failing that, their beginning. Throws
  /// std::invalid_argument without a reference.
  ChrfStatistics count(std::string_view hypothesis, std::span<const std::string_view> references);

 private:
  struct Symbols {
    std::vector<uint32_t> characters, words;
  };

  Symbols symbols(std::u32string_view line);
  ChrfStatistics against(const Symbols& hypothesis, const Symbols& reference);

  ChrfOptions options_;
  WordIds word_ids_;
  NgramOverlap characters_, words_;
};

/// 0 to 100.
double chrf_score(const ChrfStatistics& statistics, const ChrfOptions& options = {});

/// references[r][i] is the r-th reference of hypotheses[i]. Throws std::invalid_argument when there is no
/// reference, or one of another length.
double corpus_chrf(std::span<const std::string> hypotheses,
                   std::span<const std::vector<std::string>> references, const ChrfOptions& options = {});

double sentence_chrf(std::string_view hypothesis, std::span<const std::string_view> references,
                     const ChrfOptions& options = {});

/// "chrF2", "chrF2++": beta, and a plus for each word order.
std::string chrf_name(const ChrfOptions& options);

/// "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:heed-0.1.0": sacrebleu's but for the version.
/// `references` 0: their number varies.
std::string chrf_signature(const ChrfOptions& options, int64_t references = 1);

/// "chrF2|<signature> = 59.73", sacrebleu's line.
std::string format_chrf(double score, const ChrfOptions& options, std::string_view signature = "",
                        int decimals = 2);

}  // namespace heed::evaluation
