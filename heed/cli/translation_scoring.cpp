// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/translation_scoring.h"

#include <cmath>
#include <cstdio>

#include "heed/cli/translation_options.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/text/line_reader.h"

namespace heed::cli {
namespace {

using Lines = std::vector<std::string>;

Lines read_lines(const std::filesystem::path& path) {
  text::LineReader reader(path);
  Lines lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  if (lines.empty()) throw Error(ErrorKind::kData, "holds no lines", path.string());
  return lines;
}

/// As sacrebleu prints scores, to two decimals.
std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

void report(const Common& common, const TranslationScoring& options, const tasks::TranslationScores& scores) {
  const auto& evaluation = options.evaluation;
  const auto references = static_cast<int64_t>(options.references.size());
  const std::string signature = evaluation::bleu_signature(evaluation.bleu, references);
  nlohmann::ordered_json json{{"bleu", scores.bleu.score}, {"chrf", scores.chrf}};
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
    json["sentences_per_second"] = static_cast<double>(scores.hypotheses.size()) / scores.seconds;
    json["model"] = options.model;
  }
  if (common.json) return print_result(common, json);
  json["bleu"] = rounded(scores.bleu.score);
  json["chrf"] = rounded(scores.chrf);
  print_result(common, json);
}

}  // namespace

int evaluate_translation(const Common& common, TranslationScoring options) {
  auto& evaluation = options.evaluation;
  evaluation.bleu.tokenizer = evaluation::bleu_tokenizer(options.tokenizer);
  evaluation.chrf.lowercase = evaluation.bleu.lowercase;
  if (options.source.empty() == options.hypothesis.empty()) {
    throw Error(ErrorKind::kUsage, "--reference goes with --source (and --model), or with --hypothesis",
                "evaluate");
  }
  std::vector<Lines> references;
  for (const auto& path : options.references) references.push_back(read_lines(path));
  if (!options.hypothesis.empty()) {
    report(common, options, tasks::score_hypotheses(read_lines(options.hypothesis), references, evaluation));
    return 0;
  }
  if (options.model.empty()) throw Error(ErrorKind::kUsage, "--model is needed", "evaluate");
  const Lines source = read_lines(options.source);
  auto translator =
      tasks::Translator::open(options.model, tasks::parse_device(common.device), options.attention_backend);
  check_translate_options(translator, evaluation.translate);
  Progress progress("translate", static_cast<int64_t>(source.size()));
  evaluation.progress = [&](int64_t done) { progress.update(done, "lines"); };
  const auto scores = tasks::evaluate_translation(translator, source, references, evaluation);
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
  CLI::Option_group* verb = command->add_option_group("Translation");
  verb->add_option("--source", options.source, "text to translate, a sentence a line; also .gz");
  verb->add_option("--reference", options.references,
                   "what it should be, line by line; several files: several references");
  verb->add_option("--hypothesis", options.hypothesis,
                   "translations from elsewhere to score, in place of --source and --model");
  verb->add_option("--output", options.output, "file to write the translations to");
  verb->add_flag("--lowercase", options.evaluation.bleu.lowercase, "compare in lower case, as sacrebleu -lc");
  verb->add_option("--tokenize", options.tokenizer, "of BLEU, as sacrebleu's")
      ->check(CLI::IsMember({"13a", "intl", "char", "none"}))
      ->capture_default_str();
  add_translate_options(command, options.evaluation.translate, "Translation, search");
}

}  // namespace heed::cli
