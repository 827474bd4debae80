// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/evaluation/bleu_tokenizer.h"
#include "heed/evaluation/ngram_overlap.h"

/// BLEU (Papineni et al. 2002), with the numbers of sacrebleu 2.x (Post 2018, arXiv:1804.08771). All text is
/// UTF-8; malformed bytes count as U+FFFD.
namespace heed::evaluation {

inline constexpr int kBleuOrder = 4;

/// What an order without a match counts as, once any other has one (Chen and Cherry 2014).
enum class BleuSmoothing {
  kExp,    ///< 1/2 of a match for the first such order, 1/4 for the next, ...: mteval-v13a's
  kFloor,  ///< `smoothing_value` of a match, 0.1 unless given
  kAddK,   ///< `smoothing_value`, 1 unless given, is added to matches and totals of every order but the first
  kNone,   ///< nothing: the score is 0
};

/// "exp", "floor", "add-k", "none".
std::string_view name(BleuSmoothing smoothing);
/// Throws Error(kUsage), with the names that are known.
BleuSmoothing bleu_smoothing(std::string_view name);

struct BleuOptions {
  BleuTokenizer tokenizer = BleuTokenizer::k13a;
  bool lowercase = false;
  BleuSmoothing smoothing = BleuSmoothing::kExp;
  std::optional<double> smoothing_value = std::nullopt;  ///< for kFloor and kAddK
  bool effective_order = false;  ///< only the orders that the hypothesis is long enough for
};

/// What a score is made of. Those of segments add up to those of their corpus.
struct BleuStatistics {
  std::array<int64_t, kBleuOrder> matches{}, totals{};  ///< n-grams of the hypothesis; order n at n - 1
  int64_t hypothesis_length = 0, reference_length = 0;  ///< tokens
  BleuStatistics& operator+=(const BleuStatistics& other);
};

struct BleuScore {
  double score = 0;                             ///< 0 to 100
  std::array<double, kBleuOrder> precisions{};  ///< in percent, smoothed; all 0 where nothing matches
  double brevity_penalty = 0;
  int64_t hypothesis_length = 0, reference_length = 0;
  /// Hypothesis to reference; 0 without a reference.
  double length_ratio() const;
};

/// Counts segments, one after another. Keeps its memory between them: one for each thread.
class BleuCounter {
 public:
  explicit BleuCounter(const BleuOptions& options = {}) : options_(options) {}

  /// Matches are clipped by the reference that has an n-gram most; the reference length is the one closest to
  /// the hypothesis, the shorter of two. Throws std::invalid_argument without a reference.
  BleuStatistics count(std::string_view hypothesis, std::span<const std::string_view> references);

 private:
  BleuOptions options_;
  WordIds words_;
  NgramOverlap overlap_{kBleuOrder};
};

BleuScore bleu_score(const BleuStatistics& statistics, const BleuOptions& options = {});

/// references[r][i] is the r-th reference of hypotheses[i]. Throws std::invalid_argument when there is no
/// reference, or one of another length.
BleuScore corpus_bleu(std::span<const std::string> hypotheses,
                      std::span<const std::vector<std::string>> references, const BleuOptions& options = {});

/// By effective order, whatever the options say, as sacrebleu's sentence_bleu: few sentences have a match of
/// each order.
BleuScore sentence_bleu(std::string_view hypothesis, std::span<const std::string_view> references,
                        BleuOptions options = {});

/// "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:heed-0.1.0": sacrebleu's but for the version. Scores
/// with the same signature can be compared. `references` 0: their number varies.
std::string bleu_signature(const BleuOptions& options, int64_t references = 1);

/// "BLEU|<signature> = 53.73 83.3/60.0/50.0/33.3 (BP = 1.000 ratio = 1.000 hyp_len = 6 ref_len = 6)",
/// sacrebleu's line.
std::string format(const BleuScore& score, std::string_view signature = "", int decimals = 2);

}  // namespace heed::evaluation
