// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/text/line_reader.h"
#include "heed/tasks/options.h"
#include "heed/tasks/summary_scores.h"
#include "heed/tasks/translation/search_options.h"
#include "heed/tasks/translation/translation_actions.h"
#include "heed/tasks/translation/translation_evaluation.h"

namespace heed::tasks {
namespace {
namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

struct EvaluateTranslationOptions {
  fs::path source, hypothesis, output;
  Paths references, data;
  std::string split = "valid", tokenizer = "13a";
  bool rouge = false;
  SearchOptions search;
  TranslationEvaluationOptions evaluation;
};

Fields fields(EvaluateTranslationOptions& options) {
  const Fields test_set{
      excludes(data_field(options.data), {"source", "reference"}),
      needs(split_field(options.split), {"data"}),
      needs({"source", &options.source, "text to translate, line by line; also .gz"}, {"reference"}),
      {"reference", &options.references,
       "its translation, line by line; several files are several references"},
      {"hypothesis", &options.hypothesis, "translations from elsewhere to score, without a model"},
      {"output", &options.output, "file for the translations"},
      batch_size_field(options.search.batch_size,
                       "sentences decoded together; changes speed and memory only")};
  const Fields metric{
      {"lowercase", &options.evaluation.bleu.lowercase, "compare in lower case, as sacrebleu -lc"},
      {"tokenize", &options.tokenizer, "tokenizer of BLEU, as sacrebleu's",
       one_of({"13a", "intl", "char", "none"})},
      {"rouge", &options.rouge, "also ROUGE-1, -2 and -L, by which summaries are scored"}};
  const Fields search = search_fields(options.search);
  Fields all = test_set + metric + search;
  auto& hypothesis = field_named(all, "hypothesis");
  hypothesis.needs = {"reference"};
  hypothesis.excludes = {"model",  "source", "data", "split", "output", "batch_size", "attention_backend",
                         "weights"};
  for (const auto& field : search) hypothesis.excludes.push_back(field.name);
  return all;
}

void check(EvaluateTranslationOptions& options, const std::vector<std::string>& given) {
  options.search.given = given;
  if (!options.output.empty()) check_writable(options.output);
  if (!options.hypothesis.empty()) return;
  if (!is_given(given, "model"))
    throw Error(ErrorKind::kUsage, "is required, or translations to score (hypothesis)", FieldName{"model"});
  if (options.data.empty() && options.source.empty())
    throw Error(ErrorKind::kUsage, "is required, or text to translate (source and reference)",
                FieldName{"data"});
}

Lines read_lines(const fs::path& path) {
  text::LineReader reader(path);
  Lines lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  if (lines.empty()) throw Error(ErrorKind::kData, "has no lines", path.string());
  return lines;
}

std::vector<Lines> read_references(const Paths& paths) {
  std::vector<Lines> references;
  for (const auto& path : paths) references.push_back(read_lines(path));
  return references;
}

/// A source with its references, line by line.
struct TestSet {
  Lines source;
  std::vector<Lines> references;
};

TestSet read_test_set(const EvaluateTranslationOptions& options, const TranslationDataOptions& trained_with) {
  if (options.data.empty()) return {read_lines(options.source), read_references(options.references)};
  TestSet set;
  set.references.resize(1);
  for (auto& pair : read_translation_split(options.data, trained_with, options.split)) {
    set.source.push_back(std::move(pair.source));
    set.references[0].push_back(std::move(pair.target));
  }
  return set;
}

Json bleu_json(const evaluation::BleuScore& bleu) {
  return {{"bleu_precisions", bleu.precisions},
          {"brevity_penalty", bleu.brevity_penalty},
          {"length_ratio", bleu.length_ratio()},
          {"hypothesis_length", bleu.hypothesis_length},
          {"reference_length", bleu.reference_length}};
}

/// Numbers with as many decimals as sacrebleu prints.
Json rounded_for_people(Json json, const evaluation::BleuScore& bleu) {
  std::string precisions;
  for (const double precision : bleu.precisions) {
    if (!precisions.empty()) precisions += '/';
    precisions += fixed_number(precision, 1);
  }
  json["bleu_precisions"] = precisions;
  json["brevity_penalty"] = fixed_number(bleu.brevity_penalty, 3);
  json["length_ratio"] = fixed_number(bleu.length_ratio(), 3);
  json["bleu"] = fixed_number(bleu.score, 2);
  json["chrf"] = fixed_number(json["chrf"].get<double>(), 2);
  return json;
}

void add_nll(Json& json, const std::optional<TranslationNll>& nll) {
  if (nll && nll->left_out > 0) {
    warn(std::to_string(nll->left_out) +
         " pairs are longer than the model reads: they are translated in parts and left out of the "
         "perplexity");
  }
  if (!nll || nll->tokens == 0) return;
  json["nll"] = nll->mean();
  json["perplexity"] = std::exp(nll->mean());
  json["tokens"] = nll->tokens;
}

Answer answer_of(const EvaluateTranslationOptions& options, const TranslationScores& scores,
                 const std::vector<Lines>& references) {
  const auto& evaluation = options.evaluation;
  Json json{{"bleu", scores.bleu.score}};
  json.update(bleu_json(scores.bleu));
  json["chrf"] = scores.chrf;
  if (options.rouge) json.update(summary_scores(scores.hypotheses, references));
  add_nll(json, scores.nll);
  json["sentences"] = scores.hypotheses.size();
  json["signature"] = evaluation::bleu_signature(evaluation.bleu, std::ssize(references));
  json["chrf_signature"] = evaluation::chrf_signature(evaluation.chrf, std::ssize(references));
  return {.json = json, .lines = entry_lines(rounded_for_people(json, scores.bleu))};
}

Answer translate_and_score(const Translator& translator, EvaluateTranslationOptions& options) {
  auto& evaluation = options.evaluation;
  evaluation.translate = translate_options(options.search, translator);
  const TestSet set = read_test_set(options, translator.data_options());
  Progress progress("translate", std::ssize(set.source));
  evaluation.progress = [&](int64_t done) { progress.update(done, "lines"); };
  const auto scores = evaluate_translation(translator, set.source, set.references, evaluation);
  progress.finish("lines");
  if (!options.output.empty()) {
    std::string text;
    for (const auto& line : scores.hypotheses) text += line + "\n";
    write_atomically(options.output, text);
  }
  Answer answer = answer_of(options, scores, set.references);
  Json run{{"looped", scores.looped}, {"unfinished", scores.unfinished}};
  if (!options.data.empty()) run["split"] = options.split;
  if (scores.seconds > 0)
    run["sentences_per_second"] = static_cast<double>(scores.hypotheses.size()) / scores.seconds;
  run["model"] = translator.trained().folder.string();
  answer.json.update(run);
  for (const auto& line : entry_lines(run)) answer.lines.push_back(line);
  return answer;
}

Answer evaluate(std::span<const std::shared_ptr<const TaskModel>> models, EvaluateTranslationOptions& options,
                const Call& /*call*/) {
  auto& evaluation = options.evaluation;
  evaluation.bleu.tokenizer = evaluation::bleu_tokenizer(options.tokenizer);
  evaluation.chrf.lowercase = evaluation.bleu.lowercase;
  if (!models.empty()) return translate_and_score(dynamic_cast<const Translator&>(*models.front()), options);
  const auto references = read_references(options.references);
  return answer_of(options, score_hypotheses(read_lines(options.hypothesis), references, evaluation),
                   references);
}

}  // namespace

Action evaluate_translation_action() {
  auto action =
      models_action("evaluate", "BLEU, chrF and perplexity of a model, or of translations from elsewhere",
                    Models::kOptional, evaluate);
  action.decodes = true;
  return action;
}

}  // namespace heed::tasks
