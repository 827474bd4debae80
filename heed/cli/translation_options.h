// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "heed/cli/checks.h"
#include "heed/core/error.h"
#include "heed/tasks/translation/translator.h"

namespace heed::cli {

/// How outputs are searched: --beam-size and what else translate and evaluate share, under a heading of the
/// help.
inline void add_translate_options(CLI::App* command, tasks::TranslateOptions& options,
                                  const std::string& heading) {
  auto& beam = options.beam;
  CLI::Option_group* verb = command->add_option_group(heading);
  verb->add_option("--beam-size", beam.beam_size, "hypotheses kept at each step; 1: greedy")
      ->check(kPositive)
      ->capture_default_str();
  verb->add_option("--length-penalty", beam.length_penalty,
                   "alpha of Wu et al. 2016; 0 favours short outputs")
      ->check(kNonNegative)
      ->capture_default_str();
  verb->add_option(
          "--coverage-penalty", beam.coverage_penalty,
          "beta of Wu et al. 2016: what leaving parts of the source out costs a translation; 0: nothing")
      ->check(kNonNegative)
      ->capture_default_str();
  verb->add_option("--min-length", beam.output.min_length, "pieces that come before the end")
      ->check(kNonNegative);
  verb->add_option("--max-length", beam.output.max_length, "pieces of an output; 0: by the source's")
      ->check(kNonNegative);
  verb->add_option("--no-repeat-ngram", beam.output.no_repeat_ngram,
                   "no n-gram of so many pieces comes twice; 0: off")
      ->check(kNonNegative);
  verb->add_option("--loop-guard", beam.output.loop_guard,
                   "end an output when one n-gram fills so many pieces at its end; 0: never")
      ->check(kNonNegative)
      ->capture_default_str();
  verb->add_flag("--int8", options.int8, "weights of 8 bits: faster, a little less exact");
  verb->add_option_function<std::string>(
          "--parts", [&options](const std::string& name) { options.parts = tasks::parse_part_rule(name); },
          "what of a line is translated at a time. sentences: each by itself; fit: as many whole ones as "
          "--max-pieces hold; auto: sentences, for a model trained on single ones, else as many as its "
          "training lines hold")
      ->check(CLI::IsMember({"auto", "sentences", "fit"}))
      ->default_str("auto");
  verb->add_option("--max-pieces", options.max_pieces, "of a part; a longer sentence is cut")
      ->check(kPositive)
      ->capture_default_str();
}

/// Throws Error(kUsage) for options that the model cannot follow.
inline void check_translate_options(const tasks::Translator& translator,
                                    const tasks::TranslateOptions& options) {
  if (options.beam.coverage_penalty > 0 &&
      translator.trained().model->attention_layers(nn::AttentionPart::kCross) == 0) {
    throw Error(ErrorKind::kUsage, "this model does not attend to the source", "--coverage-penalty");
  }
  if (!options.align && !options.copy_unknown) return;
  const auto& [layer, head] = options.alignment;
  const int64_t layers = translator.trained().model->attention_layers(nn::AttentionPart::kCross);
  const int64_t heads = translator.trained().config["model"]["heads"].value_or(int64_t{1});
  const auto check = [](const char* option, int64_t chosen, int64_t most) {
    if (chosen < -1 || chosen >= most)
      throw Error(ErrorKind::kUsage,
                  "must be below " + std::to_string(most) + ", or -1; this model has no more", option);
  };
  check("--alignment-layer", layer, layers);
  check("--alignment-head", head, heads);
}

}  // namespace heed::cli
