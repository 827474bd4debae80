// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/translation_options.h"

#include <utility>

#include "heed/cli/checks.h"
#include "heed/core/error.h"

namespace heed::cli {

decoding::BeamOptions SearchOptions::over(decoding::BeamOptions of_the_model) const {
  decoding::BeamOptions beam = std::move(of_the_model);
  beam.beam_size = beam_size.value_or(beam.beam_size);
  beam.length_penalty = length_penalty.value_or(beam.length_penalty);
  beam.coverage_penalty = coverage_penalty.value_or(beam.coverage_penalty);
  beam.output.min_length = min_length.value_or(beam.output.min_length);
  beam.output.max_length = max_length.value_or(beam.output.max_length);
  beam.output.no_repeat_ngram = no_repeat_ngram.value_or(beam.output.no_repeat_ngram);
  beam.output.loop_guard = loop_guard.value_or(beam.output.loop_guard);
  return beam;
}

void add_translate_options(CLI::App* command, SearchOptions& search, tasks::TranslateOptions& options,
                           const std::string& heading) {
  CLI::Option_group* verb = command->add_option_group(heading);
  const decoding::BeamOptions defaults;
  const auto add = [verb](const char* name, auto& given, auto otherwise, const char* help,
                          const CLI::Validator& check) {
    verb->add_option(name, given, help)
        ->check(check)
        ->default_str(CLI::detail::to_string(otherwise) + ", or the model's");
  };
  add("--beam-size", search.beam_size, defaults.beam_size, "hypotheses kept at each step; 1: greedy",
      kPositive);
  add("--length-penalty", search.length_penalty, defaults.length_penalty,
      "alpha of Wu et al. 2016; 0 favours short outputs", kNonNegative);
  add("--coverage-penalty", search.coverage_penalty, defaults.coverage_penalty,
      "beta of Wu et al. 2016: what leaving parts of the source out costs a translation; 0: nothing",
      kNonNegative);
  add("--min-length", search.min_length, defaults.output.min_length, "pieces that come before the end",
      kNonNegative);
  add("--max-length", search.max_length, defaults.output.max_length,
      "pieces of an output; 0: by the source's", kNonNegative);
  add("--no-repeat-ngram", search.no_repeat_ngram, defaults.output.no_repeat_ngram,
      "no n-gram of so many pieces comes twice; 0: off", kNonNegative);
  add("--loop-guard", search.loop_guard, defaults.output.loop_guard,
      "end an output when one n-gram fills so many pieces at its end; 0: never", kNonNegative);
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

void check_translate_options(const tasks::Translator& translator, const tasks::TranslateOptions& options) {
  const int64_t layers = translator.trained().model->attention_layers(nn::AttentionPart::kCross);
  if (options.beam.coverage_penalty > 0 && layers == 0)
    throw Error(ErrorKind::kUsage, "this model does not attend to the source", "--coverage-penalty");
  if (!options.align && !options.copy_unknown) return;
  const auto& [layer, head] = options.alignment;
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
