// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "heed/tasks/translation/translator.h"

namespace heed::cli {

/// What was said of the search: over section [decoding] of the model, which is over the defaults.
struct SearchOptions {
  std::optional<int64_t> beam_size, min_length, max_length, no_repeat_ngram, loop_guard;
  std::optional<double> length_penalty, coverage_penalty;

  decoding::BeamOptions over(decoding::BeamOptions of_the_model) const;
};

/// How outputs are searched: --beam-size and what else translate and evaluate share, under a heading of the
/// help. The search itself goes to `search`, for the model is not known yet.
void add_translate_options(CLI::App* command, SearchOptions& search, tasks::TranslateOptions& options,
                           const std::string& heading);

/// Throws Error(kUsage) for options that the model cannot follow.
void check_translate_options(const tasks::Translator& translator, const tasks::TranslateOptions& options);

}  // namespace heed::cli
