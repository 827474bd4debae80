// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Exact match and F1 of words, for answers to questions: those of the official script of SQuAD 2.0 (Rajpurkar
/// et al. 2018, arXiv:1806.03822). All text is UTF-8; malformed bytes count as U+FFFD.
namespace heed::evaluation {

/// Returns what is compared: lower case, without ASCII punctuation and the words a, an and the, one blank
/// between words. "cats 12 mice" of "The cat's 1.2  mice!"; punctuation vanishes and leaves no blank.
std::string normalize_answer(std::string_view answer);

/// Between 0 and 1.
struct AnswerScore {
  double exact_match = 0;  ///< 1 if both are the same after normalize_answer
  double f1 = 0;  ///< harmonic mean of the shares of words that both have, each as often as both have it
};

/// Returns the best of each score over the right answers. Where either side has no words (a question without an
/// answer), F1 is the exact match. Throws std::invalid_argument without a right answer.
AnswerScore answer_score(std::string_view predicted, std::span<const std::string> answers);

/// Returns the means over questions; answers[i] are the right answers of predicted[i]. Throws
/// std::invalid_argument if there is no question, if the lengths differ, or if a question has no right answer.
AnswerScore mean_answer_score(std::span<const std::string> predicted,
                              std::span<const std::vector<std::string>> answers);

}  // namespace heed::evaluation
