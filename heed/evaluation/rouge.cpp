// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/rouge.h"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>

#include "heed/evaluation/longest_common_subsequence.h"
#include "heed/evaluation/porter_stemmer.h"
#include "heed/evaluation/text_metric.h"
#include "heed/evaluation/unicode_text.h"

namespace heed::evaluation {
namespace {

using Words = std::vector<uint32_t>;

bool is_word_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

RougeScore score_of(int64_t matches, size_t hypothesis, size_t reference) {
  if (matches == 0) return {};
  const double precision = static_cast<double>(matches) / static_cast<double>(hypothesis);
  const double recall = static_cast<double>(matches) / static_cast<double>(reference);
  return {precision, recall, 2 * precision * recall / (precision + recall)};
}

Words joined(const std::vector<Words>& lines) {
  Words all;
  for (const Words& line : lines) all.insert(all.end(), line.begin(), line.end());
  return all;
}

// The words of `reference` that are in its longest common subsequence with any line of the hypothesis.
Words union_of_subsequences(const Words& reference, const std::vector<Words>& hypothesis) {
  std::vector<bool> found(reference.size());
  for (const Words& line : hypothesis) {
    for (const size_t position : common_subsequence(reference, line)) found[position] = true;
  }
  Words words;
  for (size_t i = 0; i < reference.size(); ++i)
    if (found[i]) words.push_back(reference[i]);
  return words;
}

// A word matches at most as often as the hypothesis has it, as in ROUGE 1.5.5.
int64_t summary_matches(const std::vector<Words>& hypothesis, const std::vector<Words>& reference) {
  std::unordered_map<uint32_t, int64_t> left;
  for (const uint32_t word : joined(hypothesis)) ++left[word];
  int64_t matches = 0;
  for (const Words& line : reference) {
    for (const uint32_t word : union_of_subsequences(line, hypothesis)) matches += left[word]-- > 0;
  }
  return matches;
}

void keep_best(RougeScore& best, const RougeScore& candidate) {
  if (candidate.f1 > best.f1) best = candidate;
}

RougeScore divided(const RougeScore& sum, double count) {
  return {sum.precision / count, sum.recall / count, sum.f1 / count};
}

}  // namespace

RougeScore& RougeScore::operator+=(const RougeScore& other) {
  precision += other.precision;
  recall += other.recall;
  f1 += other.f1;
  return *this;
}

RougeScores& RougeScores::operator+=(const RougeScores& other) {
  rouge1 += other.rouge1;
  rouge2 += other.rouge2;
  rouge_l += other.rouge_l;
  rouge_lsum += other.rouge_lsum;
  return *this;
}

std::string rouge_words(std::string_view text, const RougeOptions& options) {
  std::string words;
  const std::string lower = lowercase(text);
  for (size_t i = 0; i < lower.size();) {
    const size_t start = i;
    while (i < lower.size() && is_word_letter(lower[i])) ++i;
    if (i > start) {
      if (!words.empty() && words.back() != '\n') words += ' ';
      const std::string word = lower.substr(start, i - start);
      words += options.stemmer && word.size() > 3 ? porter_stem(word) : word;
    } else if (lower[i++] == '\n') {
      words += '\n';
    }
  }
  return words;
}

std::vector<Words> RougeScorer::lines(std::u32string_view text) {
  std::vector<Words> result;
  while (!text.empty()) {
    const size_t end = std::min(text.find(U'\n'), text.size());
    result.push_back(words_(split(text.substr(0, end))));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

RougeScores RougeScorer::against(const std::vector<Words>& hypothesis, const std::vector<Words>& reference) {
  const Words ours = joined(hypothesis), theirs = joined(reference);
  overlap_.forget_references();
  overlap_.add_reference(theirs);
  const auto of_order = [&](int order) {
    return score_of(overlap_.matches()[static_cast<size_t>(order - 1)],
                    static_cast<size_t>(ngram_count(ours.size(), order)),
                    static_cast<size_t>(ngram_count(theirs.size(), order)));
  };
  return {.rouge1 = of_order(1),
          .rouge2 = of_order(2),
          .rouge_l = score_of(common_subsequence_length(theirs, ours), ours.size(), theirs.size()),
          .rouge_lsum = score_of(summary_matches(hypothesis, reference), ours.size(), theirs.size())};
}

RougeScores RougeScorer::score(std::string_view hypothesis, std::span<const std::string_view> references) {
  if (references.empty()) throw std::invalid_argument("[RougeScorer] a segment needs a reference");
  words_.clear();
  std::vector<std::u32string> texts{code_points(rouge_words(hypothesis, options_))};
  for (const std::string_view reference : references) {
    texts.push_back(code_points(rouge_words(reference, options_)));
  }
  const std::vector<Words> ours = lines(texts[0]);
  overlap_.set_hypothesis(joined(ours));
  RougeScores best = against(ours, lines(texts[1]));
  for (size_t r = 2; r < texts.size(); ++r) {
    const RougeScores other = against(ours, lines(texts[r]));
    keep_best(best.rouge1, other.rouge1);
    keep_best(best.rouge2, other.rouge2);
    keep_best(best.rouge_l, other.rouge_l);
    keep_best(best.rouge_lsum, other.rouge_lsum);
  }
  return best;
}

RougeScores mean_rouge(std::span<const std::string> hypotheses,
                       std::span<const std::vector<std::string>> references, const RougeOptions& options) {
  if (hypotheses.empty()) throw std::invalid_argument("[mean_rouge] no segment");
  RougeScorer scorer(options);
  RougeScores sum;
  for_each_segment("mean_rouge", hypotheses, references,
                   [&](std::string_view hypothesis, std::span<const std::string_view> its_references) {
                     sum += scorer.score(hypothesis, its_references);
                   });
  const auto count = static_cast<double>(hypotheses.size());
  return {divided(sum.rouge1, count), divided(sum.rouge2, count), divided(sum.rouge_l, count),
          divided(sum.rouge_lsum, count)};
}

}  // namespace heed::evaluation
