// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/evaluation/ngram_overlap.h"

/// chrF (Popović 2015) and chrF++ (Popović 2017), equal to sacrebleu 2.x. All text is UTF-8; malformed bytes
/// count as U+FFFD.
namespace heed::evaluation {

struct ChrfOptions {
  int char_order = 6;
  int word_order = 0;  ///< 2: chrF++
  int beta = 2;        ///< recall has beta^2 times the weight of precision
  bool lowercase = false;
  bool whitespace = false;  ///< whether character n-grams include spaces
  /// Averages F over the orders, as in Popović's program; otherwise F of the orders' mean precision and
  /// recall, over orders of which both sides have n-grams.
  bool eps_smoothing = false;
};

/// The counts behind a score. The sum over segments is that of their corpus.
struct ChrfStatistics {
  struct Order {
    /// numbers of n-grams; `hypothesis` is 0 if the reference has none
    int64_t hypothesis = 0, reference = 0, matches = 0;
  };
  std::vector<Order> orders;  ///< character orders, then word orders
  ChrfStatistics& operator+=(const ChrfStatistics& other);
};

/// Counts the n-grams of segments. Reuses its memory; each thread needs its own counter. Throws
/// std::invalid_argument for negative orders, no order at all, or beta < 1.
class ChrfCounter {
 public:
  explicit ChrfCounter(const ChrfOptions& options = {});

  /// Uses the first reference with the best score for this segment. Words are split at spaces and separated
  /// from one ASCII punctuation mark at their end or, if there is none, their beginning. Throws
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

/// Returns a score from 0 to 100.
double chrf_score(const ChrfStatistics& statistics, const ChrfOptions& options = {});

/// references[r][i] is reference r of hypotheses[i]. Throws std::invalid_argument if there is no reference,
/// or one of another length.
double corpus_chrf(std::span<const std::string> hypotheses,
                   std::span<const std::vector<std::string>> references, const ChrfOptions& options = {});

double sentence_chrf(std::string_view hypothesis, std::span<const std::string_view> references,
                     const ChrfOptions& options = {});

/// Returns "chrF2" or "chrF2++": beta, and a plus per word order.
std::string chrf_name(const ChrfOptions& options);

/// Returns "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:heed-0.1.0": sacrebleu's signature except
/// for the version. `references` is 0 if their number varies.
std::string chrf_signature(const ChrfOptions& options, int64_t references = 1);

/// Returns sacrebleu's line: "chrF2|<signature> = 59.73".
std::string format_chrf(double score, const ChrfOptions& options, std::string_view signature = "",
                        int decimals = 2);

}  // namespace heed::evaluation
