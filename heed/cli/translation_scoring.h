// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "heed/cli/translation_options.h"
#include "heed/cli/verb.h"
#include "heed/nn/weight_type.h"
#include "heed/tasks/translation/translation_evaluation.h"

namespace heed::cli {

/// heed evaluate on translations.
struct TranslationScoring {
  std::string model, attention_backend, tokenizer = "13a";
  nn::WeightType weights = nn::WeightType::kFloat32;
  std::filesystem::path source, hypothesis, output;
  Paths references, data;
  std::string split = "valid";  ///< of `data`
  SearchOptions search;
  tasks::TranslationEvaluationOptions evaluation;
};

void add_translation_scoring(CLI::App* verb, TranslationScoring& options);
/// The headings of its options in the help.
std::vector<std::string> translation_headings();
/// Throws Error(kUsage) where what is given is not one of: hypothesis and references; model, source and
/// references; model, data and split.
void check_translation_scoring(const CLI::App& verb, const TranslationScoring& options);
int evaluate_translation(const Common& common, TranslationScoring options);

}  // namespace heed::cli
