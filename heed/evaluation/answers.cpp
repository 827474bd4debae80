// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/answers.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "heed/evaluation/unicode_text.h"

namespace heed::evaluation {
namespace {

// Replaces the words a, an and the by blanks. A word ends at any character that is not a letter, digit or
// underscore, not only at blanks.
void blank_articles(std::u32string& text) {
  for (size_t i = 0; i < text.size();) {
    const size_t start = i;
    while (i < text.size() && is_word_character(text[i])) ++i;
    const std::u32string_view word = std::u32string_view(text).substr(start, i - start);
    if (word == U"a" || word == U"an" || word == U"the") std::fill_n(text.begin() + start, word.size(), U' ');
    if (i == start) ++i;
  }
}

std::u32string without_punctuation_and_articles(std::string_view answer) {
  std::u32string text = code_points(lowercase(answer));
  std::erase_if(text, is_ascii_punctuation);
  blank_articles(text);
  return text;
}

std::vector<std::u32string_view> sorted(std::vector<std::u32string_view> words) {
  std::sort(words.begin(), words.end());
  return words;
}

AnswerScore against(std::string_view predicted, std::string_view answer) {
  const std::u32string ours = without_punctuation_and_articles(predicted);
  const std::u32string theirs = without_punctuation_and_articles(answer);
  const auto our_words = split(ours), their_words = split(theirs);
  const double same = our_words == their_words;
  if (our_words.empty() || their_words.empty()) return {same, same};
  std::vector<std::u32string_view> shared;
  std::ranges::set_intersection(sorted(our_words), sorted(their_words), std::back_inserter(shared));
  return {same, 2 * static_cast<double>(shared.size()) /
                    static_cast<double>(our_words.size() + their_words.size())};
}

}  // namespace

std::string normalize_answer(std::string_view answer) {
  const std::u32string text = without_punctuation_and_articles(answer);
  std::string words;
  for (const std::u32string_view word : split(text)) words += (words.empty() ? "" : " ") + to_utf8(word);
  return words;
}

AnswerScore answer_score(std::string_view predicted, std::span<const std::string> answers) {
  if (answers.empty()) throw std::invalid_argument("[answer_score] a question needs a right answer");
  AnswerScore best;
  for (const std::string& answer : answers) {
    const AnswerScore score = against(predicted, answer);
    best.exact_match = std::max(best.exact_match, score.exact_match);
    best.f1 = std::max(best.f1, score.f1);
  }
  return best;
}

AnswerScore mean_answer_score(std::span<const std::string> predicted,
                              std::span<const std::vector<std::string>> answers) {
  if (predicted.empty() || predicted.size() != answers.size()) {
    throw std::invalid_argument("[mean_answer_score] " + std::to_string(predicted.size()) +
                                " predictions, but right answers of " + std::to_string(answers.size()) +
                                " questions");
  }
  AnswerScore mean;
  for (size_t i = 0; i < predicted.size(); ++i) {
    const AnswerScore score = answer_score(predicted[i], answers[i]);
    mean.exact_match += score.exact_match;
    mean.f1 += score.f1;
  }
  const auto count = static_cast<double>(predicted.size());
  return {mean.exact_match / count, mean.f1 / count};
}

}  // namespace heed::evaluation
