// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "heed/cli/verb.h"
#include "heed/tasks/translation/translation_evaluation.h"

namespace heed::cli {

/// heed evaluate on translations.
struct TranslationScoring {
  std::string model, attention_backend, tokenizer = "13a";
  std::filesystem::path source, hypothesis, output;
  Paths references;
  tasks::TranslationEvaluationOptions evaluation;
};

void add_translation_scoring(CLI::App* verb, TranslationScoring& options);
int evaluate_translation(const Common& common, TranslationScoring options);

}  // namespace heed::cli
