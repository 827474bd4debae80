// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/translation_scoring.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "heed/cli/given_options.h"
#include "heed/cli/weights_option.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/text/line_reader.h"
#include "heed/tasks/translation/translation_data.h"

namespace heed::cli {
namespace {

constexpr const char *kHeading = "Translation", *kSearchHeading = "Translation, search";

using Lines = std::vector<std::string>;

Lines read_lines(const std::filesystem::path& path) {
  text::LineReader reader(path);
  Lines lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  if (lines.empty()) throw Error(ErrorKind::kData, "holds no lines", path.string());
  return lines;
}

std::string rounded(double value, int decimals) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

/// What BLEU is made of; with as many decimals as sacrebleu prints, where people read it.
void add_bleu_parts(nlohmann::ordered_json& json, const evaluation::BleuScore& bleu, bool exact) {
  if (exact) {
    json["bleu_precisions"] = bleu.precisions;
    json["brevity_penalty"] = bleu.brevity_penalty;
    json["length_ratio"] = bleu.length_ratio();
  } else {
    std::string precisions;
    for (const double precision : bleu.precisions)
      precisions += (precisions.empty() ? "" : "/") + rounded(precision, 1);
    json["bleu_precisions"] = precisions;
    json["brevity_penalty"] = rounded(bleu.brevity_penalty, 3);
    json["length_ratio"] = rounded(bleu.length_ratio(), 3);
  }
  json["hypothesis_length"] = bleu.hypothesis_length;
  json["reference_length"] = bleu.reference_length;
}

void report(const Common& common, const TranslationScoring& options, const tasks::TranslationScores& scores) {
  const auto& evaluation = options.evaluation;
  const auto references = std::max<int64_t>(std::ssize(options.references), 1);
  const std::string signature = evaluation::bleu_signature(evaluation.bleu, references);
  nlohmann::ordered_json json{{"bleu", scores.bleu.score}};
  add_bleu_parts(json, scores.bleu, common.json);
  json["chrf"] = scores.chrf;
  if (scores.nll && scores.nll->left_out > 0) {
    warn(std::to_string(scores.nll->left_out) +
         " pairs are longer than the model takes: they are translated in parts, and left out of the "
         "perplexity");
  }
  if (scores.nll && scores.nll->tokens > 0) {
    json["nll"] = scores.nll->mean();
    json["perplexity"] = std::exp(scores.nll->mean());
    json["tokens"] = scores.nll->tokens;
  }
  json["sentences"] = scores.hypotheses.size();
  json["signature"] = signature;
  json["chrf_signature"] = evaluation::chrf_signature(evaluation.chrf, references);
  if (scores.seconds > 0) {
    json["looped"] = scores.looped;
    json["unfinished"] = scores.unfinished;
    if (!options.data.empty()) json["split"] = options.split;
    json["sentences_per_second"] = static_cast<double>(scores.hypotheses.size()) / scores.seconds;
    json["model"] = options.model;
  }
  if (common.json) return print_result(common, json);
  json["bleu"] = rounded(scores.bleu.score, 2);
  json["chrf"] = rounded(scores.chrf, 2);
  print_result(common, json);
}

/// A source with its references, line by line.
struct TestSet {
  Lines source;
  std::vector<Lines> references;
};

TestSet read_test_set(const TranslationScoring& options, const tasks::TranslationDataOptions& trained_with) {
  TestSet set;
  if (options.data.empty()) {
    for (const auto& path : options.references) set.references.push_back(read_lines(path));
    set.source = read_lines(options.source);
    return set;
  }
  set.references.resize(1);
  for (auto& pair : tasks::read_translation_split(options.data, trained_with, options.split)) {
    set.source.push_back(std::move(pair.source));
    set.references[0].push_back(std::move(pair.target));
  }
  return set;
}

}  // namespace

std::vector<std::string> translation_headings() {
  return {kHeading, kSearchHeading};
}

void check_translation_scoring(const CLI::App& verb, const TranslationScoring& options) {
  const auto need = [](bool given, const std::string& what) {
    if (!given) throw Error(ErrorKind::kUsage, what, "evaluate");
  };
  if (!options.hypothesis.empty()) {
    need(!options.references.empty(), "--reference is needed beside --hypothesis");
    const std::string why = "goes with a model; --hypothesis holds what is translated already";
    refuse_options(
        verb, {"--model", "--source", "--data", "--split", "--output", "--batch-size", "--attention-backend"},
        why);
    refuse_group(verb, kSearchHeading, why);
    return;
  }
  need(!options.model.empty(), "--model is needed, or --hypothesis");
  if (!options.data.empty()) {
    return refuse_options(verb, {"--source", "--reference"}, "goes without --data, which holds both sides");
  }
  need(!options.source.empty() && !options.references.empty(),
       "a model that translates needs --source and --reference, or --data and --split");
  refuse_options(verb, {"--split"}, "goes with --data");
}

int evaluate_translation(const Common& common, TranslationScoring options) {
  auto& evaluation = options.evaluation;
  evaluation.bleu.tokenizer = evaluation::bleu_tokenizer(options.tokenizer);
  evaluation.chrf.lowercase = evaluation.bleu.lowercase;
  if (!options.hypothesis.empty()) {
    std::vector<Lines> references;
    for (const auto& path : options.references) references.push_back(read_lines(path));
    report(common, options, tasks::score_hypotheses(read_lines(options.hypothesis), references, evaluation));
    return 0;
  }
  if (!options.output.empty()) check_writable(options.output);
  auto translator =
      tasks::Translator::open(options.model, tasks::parse_device(common.device), options.attention_backend);
  use_weights(*translator.trained().model, options.weights);
  evaluation.translate.beam = options.search.over(translator.search());
  check_translate_options(translator, evaluation.translate);
  const TestSet set = read_test_set(options, translator.data_options());
  Progress progress("translate", std::ssize(set.source));
  evaluation.progress = [&](int64_t done) { progress.update(done, "lines"); };
  const auto scores = tasks::evaluate_translation(translator, set.source, set.references, evaluation);
  progress.finish("lines");
  if (!options.output.empty()) {
    std::string text;
    for (const auto& line : scores.hypotheses) text += line + "\n";
    write_atomically(options.output, text);
  }
  report(common, options, scores);
  return 0;
}

void add_translation_scoring(CLI::App* command, TranslationScoring& options) {
  CLI::Option_group* verb = command->add_option_group(kHeading);
  verb->add_option("--source", options.source,
                   "text to translate, line by line, in place of --data; also .gz");
  verb->add_option("--reference", options.references,
                   "what it should be, line by line; several files: several references");
  verb->add_option("--hypothesis", options.hypothesis,
                   "translations from elsewhere to score, in place of --source and --model");
  verb->add_option("--output", options.output, "file to write the translations to");
  verb->add_flag("--lowercase", options.evaluation.bleu.lowercase, "compare in lower case, as sacrebleu -lc");
  verb->add_option("--tokenize", options.tokenizer, "of BLEU, as sacrebleu's")
      ->check(CLI::IsMember({"13a", "intl", "char", "none"}))
      ->capture_default_str();
  add_translate_options(command, options.search, options.evaluation.translate, kSearchHeading);
}

}  // namespace heed::cli
