// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "heed/evaluation/bleu.h"
#include "heed/evaluation/chrf.h"
#include "heed/tasks/translation/translation_objective.h"
#include "heed/tasks/translation/translator.h"

namespace heed::tasks {

struct TranslationEvaluationOptions {
  TranslateOptions translate;
  evaluation::BleuOptions bleu;
  evaluation::ChrfOptions chrf;
  std::function<void(int64_t done)> progress = {};
};

struct TranslationScores {
  evaluation::BleuScore bleu;
  double chrf = 0;
  std::optional<TranslationNll> nll;  ///< of the first reference; absent for hypotheses from elsewhere
  int64_t looped = 0;                 ///< outputs that the loop guard ended
  int64_t unfinished = 0;             ///< outputs that reached the greatest length
  double seconds = 0;                 ///< time of translation
  std::vector<std::string> hypotheses;
};

/// Scores hypotheses. references[r][i] is the r-th reference of line i.
TranslationScores score_hypotheses(std::vector<std::string> hypotheses,
                                   const std::vector<std::vector<std::string>>& references,
                                   const TranslationEvaluationOptions& options);

/// Translates the source and scores the result. Throws Error(kData) when the sides differ in their number of lines.
TranslationScores evaluate_translation(const Translator& translator, const std::vector<std::string>& source,
                                       const std::vector<std::vector<std::string>>& references,
                                       const TranslationEvaluationOptions& options);

}  // namespace heed::tasks
