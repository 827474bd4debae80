// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "heed/data/text/labelled_text.h"
#include "heed/evaluation/answers.h"
#include "heed/evaluation/sequence_nll.h"
#include "heed/tasks/action.h"
#include "heed/tasks/language/language_data.h"
#include "heed/tasks/language/language_model.h"

namespace heed::tasks {

/// How a model of pairs is evaluated.
struct PairEvaluationOptions {
  Paths data;
  std::string split;        ///< empty: everything
  std::string group_field;  ///< scores for each of its values too; empty: none
  bool generate = false;    ///< write the targets and compare them
  int64_t max_tokens = 64;  ///< of a target that is written
  int64_t batch_size = 8;
};

/// The options that a model was trained with.
LanguageDataOptions language_data_options(const LanguageModel& model);

/// -ln p of the targets and their end marks, given the sources. The model's training lengths hold.
evaluation::NllTotal pair_nll(const LanguageModel& model, const std::vector<text::LabelledText>& pairs,
                              int64_t batch_size);
/// Writes the target of each source, greedily.
std::vector<std::string> write_targets(const LanguageModel& model,
                                       const std::vector<text::LabelledText>& pairs,
                                       const PairEvaluationOptions& options);

/// Likelihood; with `generate` ROUGE, exact match and F1 of words; over all pairs and by group.
Answer evaluate_pairs(const LanguageModel& model, const PairEvaluationOptions& options);

}  // namespace heed::tasks
