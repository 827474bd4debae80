// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/bleu.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "heed/core/error.h"
#include "heed/evaluation/text_metric.h"
#include "heed/evaluation/unicode_text.h"

namespace heed::evaluation {
namespace {

constexpr std::array<std::string_view, 4> kNames{"exp", "floor", "add-k", "none"};

double smoothing_value(const BleuOptions& options) {
  return options.smoothing_value.value_or(options.smoothing == BleuSmoothing::kFloor ? 0.1 : 1.0);
}

std::u32string tokenized(std::string_view line, const BleuOptions& options) {
  const std::u32string text = code_points(options.lowercase ? lowercase(line) : line);
  return tokenize(strip_end(text), options.tokenizer);
}

// Returns whichever of `current` and `candidate` is closer to the hypothesis's length; on a tie the shorter.
int64_t closer_length(int64_t hypothesis, int64_t current, int64_t candidate) {
  const int64_t now = std::abs(hypothesis - current), then = std::abs(hypothesis - candidate);
  return then < now || (then == now && candidate < current) ? candidate : current;
}

double brevity_penalty(int64_t hypothesis, int64_t reference) {
  if (hypothesis >= reference) return 1;
  return hypothesis > 0 ? std::exp(1 - static_cast<double>(reference) / static_cast<double>(hypothesis)) : 0;
}

// Precisions in percent, up to the longest order of which the hypothesis has n-grams (with add-k, all
// orders).
std::vector<double> smoothed_precisions(const BleuStatistics& statistics, const BleuOptions& options) {
  const double value = smoothing_value(options);
  std::vector<double> precisions;
  double halved = 1;
  for (size_t i = 0; i < kBleuOrder; ++i) {
    const double added = options.smoothing == BleuSmoothing::kAddK && i > 0 ? value : 0;
    double matches = static_cast<double>(statistics.matches[i]) + added;
    const double total = static_cast<double>(statistics.totals[i]) + added;
    if (total == 0) break;
    if (matches == 0 && options.smoothing == BleuSmoothing::kExp) matches = halved /= 2;
    if (matches == 0 && options.smoothing == BleuSmoothing::kFloor) matches = value;
    precisions.push_back(100 * matches / total);
  }
  return precisions;
}

// An order without n-grams has precision 0.
double geometric_mean(std::span<const double> precisions, size_t orders) {
  double logs = 0;
  for (size_t i = 0; i < orders; ++i) {
    if (i >= precisions.size() || precisions[i] == 0) return 0;
    logs += std::log(precisions[i]);
  }
  return std::exp(logs / static_cast<double>(orders));
}

}  // namespace

std::string_view name(BleuSmoothing smoothing) {
  return kNames.at(static_cast<size_t>(smoothing));
}

BleuSmoothing bleu_smoothing(std::string_view name) {
  const auto* found = std::find(kNames.begin(), kNames.end(), name);
  if (found != kNames.end()) return static_cast<BleuSmoothing>(found - kNames.begin());
  throw Error(ErrorKind::kUsage,
              "unknown smoothing '" + std::string(name) + "'; use exp, floor, add-k or none");
}

BleuStatistics& BleuStatistics::operator+=(const BleuStatistics& other) {
  for (size_t i = 0; i < kBleuOrder; ++i) {
    matches[i] += other.matches[i];
    totals[i] += other.totals[i];
  }
  hypothesis_length += other.hypothesis_length;
  reference_length += other.reference_length;
  return *this;
}

double BleuScore::length_ratio() const {
  return reference_length > 0 ? static_cast<double>(hypothesis_length) / static_cast<double>(reference_length)
                              : 0;
}

BleuStatistics BleuCounter::count(std::string_view hypothesis, std::span<const std::string_view> references) {
  if (references.empty()) throw std::invalid_argument("[BleuCounter] a segment needs a reference");
  words_.clear();
  std::vector<std::u32string> lines{tokenized(hypothesis, options_)};
  for (const std::string_view reference : references) lines.push_back(tokenized(reference, options_));

  BleuStatistics statistics;
  const auto symbols = words_(split(lines[0]));
  overlap_.set_hypothesis(symbols);
  statistics.hypothesis_length = static_cast<int64_t>(symbols.size());
  for (size_t r = 1; r < lines.size(); ++r) {
    const auto reference = words_(split(lines[r]));
    overlap_.add_reference(reference);
    const auto length = static_cast<int64_t>(reference.size());
    statistics.reference_length =
        r == 1 ? length : closer_length(statistics.hypothesis_length, statistics.reference_length, length);
  }
  for (int order = 1; order <= kBleuOrder; ++order) {
    const auto i = static_cast<size_t>(order - 1);
    statistics.matches[i] = overlap_.matches()[i];
    statistics.totals[i] = ngram_count(symbols.size(), order);
  }
  return statistics;
}

BleuScore bleu_score(const BleuStatistics& statistics, const BleuOptions& options) {
  BleuScore result;
  result.hypothesis_length = statistics.hypothesis_length;
  result.reference_length = statistics.reference_length;
  result.brevity_penalty = brevity_penalty(statistics.hypothesis_length, statistics.reference_length);
  // Without any match the score is 0, whatever the smoothing; longer n-grams match only if unigrams do.
  if (statistics.matches[0] == 0) return result;
  const std::vector<double> precisions = smoothed_precisions(statistics, options);
  std::copy(precisions.begin(), precisions.end(), result.precisions.begin());
  const size_t orders = options.effective_order ? precisions.size() : kBleuOrder;
  result.score = result.brevity_penalty * geometric_mean(precisions, orders);
  return result;
}

BleuScore corpus_bleu(std::span<const std::string> hypotheses,
                      std::span<const std::vector<std::string>> references, const BleuOptions& options) {
  BleuCounter counter(options);
  BleuStatistics total;
  for_each_segment("corpus_bleu", hypotheses, references,
                   [&](std::string_view hypothesis, std::span<const std::string_view> its_references) {
                     total += counter.count(hypothesis, its_references);
                   });
  return bleu_score(total, options);
}

BleuScore sentence_bleu(std::string_view hypothesis, std::span<const std::string_view> references,
                        BleuOptions options) {
  options.effective_order = true;
  return bleu_score(BleuCounter(options).count(hypothesis, references), options);
}

std::string bleu_signature(const BleuOptions& options, int64_t references) {
  std::string smoothing(name(options.smoothing));
  if (options.smoothing == BleuSmoothing::kFloor || options.smoothing == BleuSmoothing::kAddK) {
    smoothing += "[" + fixed(smoothing_value(options), 2) + "]";
  }
  return signature_head(references, options.lowercase) + "|eff:" + (options.effective_order ? "yes" : "no") +
         "|tok:" + std::string(name(options.tokenizer)) + "|smooth:" + smoothing + "|" + signature_version();
}

std::string format(const BleuScore& score, std::string_view signature, int decimals) {
  std::string precisions;
  for (const double precision : score.precisions)
    precisions += (precisions.empty() ? "" : "/") + fixed(precision, 1);
  return score_text("BLEU", signature, score.score, decimals) + " " + precisions +
         " (BP = " + fixed(score.brevity_penalty, 3) + " ratio = " + fixed(score.length_ratio(), 3) +
         " hyp_len = " + std::to_string(score.hypothesis_length) +
         " ref_len = " + std::to_string(score.reference_length) + ")";
}

}  // namespace heed::evaluation
