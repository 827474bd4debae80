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

/// BLEU (Papineni et al. 2002), equal to sacrebleu 2.x (Post 2018, arXiv:1804.08771). All text is UTF-8;
/// malformed bytes count as U+FFFD.
namespace heed::evaluation {

inline constexpr int kBleuOrder = 4;

/// The value of an order without matches, if any other order has one (Chen and Cherry 2014).
enum class BleuSmoothing {
  kExp,    ///< 1/2 of a match for the first such order, 1/4 for the next, ..., as in mteval-v13a
  kFloor,  ///< `smoothing_value` (default 0.1) of a match
  kAddK,   ///< adds `smoothing_value` (default 1) to matches and totals of every order but the first
  kNone,   ///< no smoothing: the score is 0
};

/// Returns "exp", "floor", "add-k" or "none".
std::string_view name(BleuSmoothing smoothing);
/// Throws Error(kUsage), with the known names, for an unknown name.
BleuSmoothing bleu_smoothing(std::string_view name);

struct BleuOptions {
  BleuTokenizer tokenizer = BleuTokenizer::k13a;
  bool lowercase = false;
  BleuSmoothing smoothing = BleuSmoothing::kExp;
  std::optional<double> smoothing_value = std::nullopt;  ///< for kFloor and kAddK
  bool effective_order = false;  ///< use only the orders of which the hypothesis has n-grams
};

/// The counts behind a score. The sum over segments is that of their corpus.
struct BleuStatistics {
  std::array<int64_t, kBleuOrder> matches{}, totals{};  ///< n-grams of the hypothesis; order n at index n - 1
  int64_t hypothesis_length = 0, reference_length = 0;  ///< numbers of tokens
  BleuStatistics& operator+=(const BleuStatistics& other);
};

struct BleuScore {
  double score = 0;                             ///< 0 to 100
  std::array<double, kBleuOrder> precisions{};  ///< in percent, smoothed; all 0 without any match
  double brevity_penalty = 0;
  int64_t hypothesis_length = 0, reference_length = 0;
  /// Length of the hypothesis over that of the reference; 0 without a reference.
  double length_ratio() const;
};

/// Counts the n-grams of segments. Reuses its memory; each thread needs its own counter.
class BleuCounter {
 public:
  explicit BleuCounter(const BleuOptions& options = {}) : options_(options) {}

  /// Clips matches by the reference that has an n-gram most often. The reference length is the one closest to
  /// the hypothesis's, the shorter on a tie. Throws std::invalid_argument without a reference.
  BleuStatistics count(std::string_view hypothesis, std::span<const std::string_view> references);

 private:
  BleuOptions options_;
  WordIds words_;
  NgramOverlap overlap_{kBleuOrder};
};

BleuScore bleu_score(const BleuStatistics& statistics, const BleuOptions& options = {});

/// references[r][i] is reference r of hypotheses[i]. Throws std::invalid_argument if there is no reference,
/// or one of another length.
BleuScore corpus_bleu(std::span<const std::string> hypotheses,
                      std::span<const std::vector<std::string>> references, const BleuOptions& options = {});

/// Always uses effective order, like sacrebleu's sentence_bleu: few sentences have matches of every order.
BleuScore sentence_bleu(std::string_view hypothesis, std::span<const std::string_view> references,
                        BleuOptions options = {});

/// Returns "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:heed-0.1.0": sacrebleu's signature except
/// for the version. Scores with equal signatures are comparable. `references` is 0 if their number varies.
std::string bleu_signature(const BleuOptions& options, int64_t references = 1);

/// Returns sacrebleu's line: "BLEU|<signature> = 53.73 83.3/60.0/50.0/33.3 (BP = 1.000 ratio = 1.000 hyp_len
/// = 6 ref_len = 6)".
std::string format(const BleuScore& score, std::string_view signature = "", int decimals = 2);

}  // namespace heed::evaluation
