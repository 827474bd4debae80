// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/chrf.h"

#include <stdexcept>
#include <utility>

#include "heed/evaluation/text_metric.h"
#include "heed/evaluation/unicode_text.h"

namespace heed::evaluation {
namespace {

// Separates one mark from each word, at its end or else at its beginning: "(hi)" becomes "(hi" and ")".
std::vector<std::u32string_view> words_and_marks(std::u32string_view line) {
  std::vector<std::u32string_view> parts;
  for (const std::u32string_view word : split(line)) {
    size_t border = 0;
    if (is_ascii_punctuation(word.back())) {
      border = word.size() - 1;
    } else if (is_ascii_punctuation(word.front())) {
      border = 1;
    }
    if (border > 0) parts.push_back(word.substr(0, border));
    parts.push_back(word.substr(border));
  }
  return parts;
}

void add_orders(ChrfStatistics& statistics, std::span<const int64_t> matches, size_t hypothesis,
                size_t reference) {
  for (size_t i = 0; i < matches.size(); ++i) {
    const int order = static_cast<int>(i) + 1;
    const int64_t in_reference = ngram_count(reference, order);
    statistics.orders.push_back(
        {in_reference > 0 ? ngram_count(hypothesis, order) : 0, in_reference, matches[i]});
  }
}

const ChrfOptions& checked(const ChrfOptions& options) {
  if (options.char_order < 0 || options.word_order < 0 || options.char_order + options.word_order == 0) {
    throw std::invalid_argument("[ChrfCounter] orders must be at least 0, and not both 0, got " +
                                std::to_string(options.char_order) + " and " +
                                std::to_string(options.word_order));
  }
  if (options.beta < 1) {
    throw std::invalid_argument("[ChrfCounter] beta must be at least 1, got " + std::to_string(options.beta));
  }
  return options;
}

double share(int64_t part, int64_t whole, double otherwise) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : otherwise;
}

double f_score(double precision, double recall, double weight) {
  return (1 + weight) * precision * recall / (weight * precision + recall);
}

double mean_of_f_scores(const ChrfStatistics& statistics, double weight) {
  constexpr double kEps = 1e-16;
  double sum = 0;
  for (const auto& order : statistics.orders) {
    const double precision = share(order.matches, order.hypothesis, kEps);
    const double recall = share(order.matches, order.reference, kEps);
    sum += weight * precision + recall > 0 ? f_score(precision, recall, weight) : kEps;
  }
  return sum / static_cast<double>(statistics.orders.size());
}

double f_score_of_means(const ChrfStatistics& statistics, double weight) {
  double precision = 0, recall = 0;
  int effective_order = 0;
  for (const auto& order : statistics.orders) {
    if (order.hypothesis == 0 || order.reference == 0) continue;
    precision += share(order.matches, order.hypothesis, 0);
    recall += share(order.matches, order.reference, 0);
    ++effective_order;
  }
  if (precision + recall == 0) return 0;
  return f_score(precision / effective_order, recall / effective_order, weight);
}

}  // namespace

ChrfStatistics& ChrfStatistics::operator+=(const ChrfStatistics& other) {
  if (orders.size() < other.orders.size()) orders.resize(other.orders.size());
  for (size_t i = 0; i < other.orders.size(); ++i) {
    orders[i].hypothesis += other.orders[i].hypothesis;
    orders[i].reference += other.orders[i].reference;
    orders[i].matches += other.orders[i].matches;
  }
  return *this;
}

ChrfCounter::ChrfCounter(const ChrfOptions& options)
    : options_(checked(options)), characters_(options.char_order), words_(options.word_order) {}

ChrfCounter::Symbols ChrfCounter::symbols(std::u32string_view line) {
  Symbols result;
  for (const char32_t c : line) {
    if (options_.whitespace || !is_space(c)) result.characters.push_back(c);
  }
  if (options_.word_order > 0) result.words = word_ids_(words_and_marks(line));
  return result;
}

ChrfStatistics ChrfCounter::against(const Symbols& hypothesis, const Symbols& reference) {
  ChrfStatistics statistics;
  characters_.forget_references();
  characters_.add_reference(reference.characters);
  add_orders(statistics, characters_.matches(), hypothesis.characters.size(), reference.characters.size());
  words_.forget_references();
  words_.add_reference(reference.words);
  add_orders(statistics, words_.matches(), hypothesis.words.size(), reference.words.size());
  return statistics;
}

ChrfStatistics ChrfCounter::count(std::string_view hypothesis, std::span<const std::string_view> references) {
  if (references.empty()) throw std::invalid_argument("[ChrfCounter] a segment needs a reference");
  const auto text = [this](std::string_view line) {
    return code_points(options_.lowercase ? lowercase(line) : line);
  };
  std::vector<std::u32string> lines{text(hypothesis)};
  for (const std::string_view reference : references) lines.push_back(text(reference));

  word_ids_.clear();
  const Symbols ours = symbols(lines[0]);
  characters_.set_hypothesis(ours.characters);
  words_.set_hypothesis(ours.words);
  ChrfStatistics best;
  double best_score = -1;
  for (size_t r = 1; r < lines.size(); ++r) {
    ChrfStatistics statistics = against(ours, symbols(lines[r]));
    const double score = chrf_score(statistics, options_);
    if (score <= best_score) continue;
    best = std::move(statistics);
    best_score = score;
  }
  return best;
}

double chrf_score(const ChrfStatistics& statistics, const ChrfOptions& options) {
  if (statistics.orders.empty()) return 0;
  const double weight = static_cast<double>(options.beta) * options.beta;
  return 100 * (options.eps_smoothing ? mean_of_f_scores(statistics, weight)
                                      : f_score_of_means(statistics, weight));
}

double corpus_chrf(std::span<const std::string> hypotheses,
                   std::span<const std::vector<std::string>> references, const ChrfOptions& options) {
  ChrfCounter counter(options);
  ChrfStatistics total;
  for_each_segment("corpus_chrf", hypotheses, references,
                   [&](std::string_view hypothesis, std::span<const std::string_view> its_references) {
                     total += counter.count(hypothesis, its_references);
                   });
  return chrf_score(total, options);
}

double sentence_chrf(std::string_view hypothesis, std::span<const std::string_view> references,
                     const ChrfOptions& options) {
  return chrf_score(ChrfCounter(options).count(hypothesis, references), options);
}

std::string chrf_name(const ChrfOptions& options) {
  return "chrF" + std::to_string(options.beta) + std::string(static_cast<size_t>(options.word_order), '+');
}

std::string chrf_signature(const ChrfOptions& options, int64_t references) {
  return signature_head(references, options.lowercase) + "|eff:" + (options.eps_smoothing ? "no" : "yes") +
         "|nc:" + std::to_string(options.char_order) + "|nw:" + std::to_string(options.word_order) +
         "|space:" + (options.whitespace ? "yes" : "no") + "|" + signature_version();
}

std::string format_chrf(double score, const ChrfOptions& options, std::string_view signature, int decimals) {
  return score_text(chrf_name(options), signature, score, decimals);
}

}  // namespace heed::evaluation
