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
  std::optional<TranslationNll> nll;  ///< of the first reference; none for hypotheses from elsewhere
  int64_t looped = 0;                 ///< outputs that the loop guard ended
  int64_t unfinished = 0;             ///< outputs that were cut at their longest
  double seconds = 0;                 ///< spent translating
  std::vector<std::string> hypotheses;
};

/// Scores of hypotheses, references[r][i] being the r-th of line i.
TranslationScores score_hypotheses(std::vector<std::string> hypotheses,
                                   const std::vector<std::vector<std::string>>& references,
                                   const TranslationEvaluationOptions& options);

/// Translates the source and scores what comes out. Throws Error(kData) when sides have different numbers of
/// lines.
TranslationScores evaluate_translation(const Translator& translator, const std::vector<std::string>& source,
                                       const std::vector<std::vector<std::string>>& references,
                                       const TranslationEvaluationOptions& options);

}  // namespace heed::tasks
