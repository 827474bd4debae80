// SPDX-License-Identifier: Apache-2.0
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/progress.h"
#include "heed/data/text/counts.h"
#include "heed/tasks/language/language_actions.h"
#include "heed/tasks/language/language_evaluation.h"
#include "heed/tasks/language/language_model.h"
#include "heed/tasks/language/pair_evaluation.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct EvaluateLanguageOptions {
  Paths data;
  std::string split;
  text::DocumentOptions documents;
  evaluation::WindowOptions windows;
  PairEvaluationOptions pairs;
};

Fields fields(EvaluateLanguageOptions& options) {
  auto& windows = options.windows;
  auto& pairs = options.pairs;
  const Fields text{
      required({"data", &options.data, "text files, JSON lines, folders, or prepared text; tables of pairs"}),
      default_text({"split", &options.split, "part of prepared text or of pairs: train, valid or test"},
                   "valid of prepared text; else all of it"),
      {"field", &options.documents.field, "text field of the objects in JSON lines"},
      default_text(
          {"context", &windows.context, "tokens the model sees at once, in sliding windows", at_least(1)},
          "as in training"),
      default_text({"stride", &windows.stride, "tokens from one window to the next", at_least(1)},
                   "half the context"),
      batch_size_field(windows.batch, "windows or pairs in one pass")};
  return text + under("Models of pairs of texts",
                      {{"generate", &pairs.generate, "write the targets: ROUGE, exact match and F1 of words"},
                       {"max_tokens", &pairs.max_tokens, "tokens of a target that is written", at_least(1)},
                       {"group_field", &pairs.group_field, "scores for each value of this field too"}});
}

text::LanguageCorpus::Split read_split(const LanguageModel& model, EvaluateLanguageOptions& options) {
  const bool prepared = options.data.size() == 1 && text::is_prepared_text(options.data.front());
  if (!prepared) {
    if (!options.split.empty())
      throw Error(ErrorKind::kUsage, "is for prepared text; raw text is scored as a whole",
                  FieldName{"split"});
    return text::read_all_text(options.data, options.documents, model.vocabulary).split("all");
  }
  text::TextVocabularyOptions vocabulary;
  const auto corpus = text::read_language_corpus(options.data, {}, vocabulary);
  check_same_vocabulary(*corpus.vocabulary, *model.vocabulary, options.data.front().string());
  options.split = options.split.empty() ? "valid" : options.split;
  return corpus.split(options.split);
}

Answer evaluate(const LanguageModel& model, EvaluateLanguageOptions& options, const Call& /*call*/) {
  if (model.separator) {
    options.pairs.data = options.data;
    options.pairs.split = options.split;
    options.pairs.batch_size = options.windows.batch;
    return evaluate_pairs(model, options.pairs);
  }
  if (options.pairs.generate)
    throw Error(ErrorKind::kUsage, "is for a model of pairs of texts (data.target_field)",
                FieldName{"generate"});
  const auto split = read_split(model, options);
  auto& windows = options.windows;
  if (windows.context == 0) windows.context = model.context();
  if (windows.stride > windows.context)
    throw Error(ErrorKind::kUsage, "must not be more than the context: tokens would be left out",
                FieldName{"stride"});
  if (split.counts.unknown > 0) {
    warn(text::grouped(split.counts.unknown) + " of " + text::grouped(split.counts.tokens) +
         " tokens are not in the vocabulary: they count as its unknown token");
  }
  Progress progress("evaluate", split.tokens.size());
  const auto result = evaluate_language(
      model.model(), *model.vocabulary, split.tokens, windows,
      [&](int64_t done, double nll) { progress.update(done, "tokens  nll " + fixed_number(nll, 4)); });
  progress.finish("tokens");
  return {{{"nll", result.nll()},
           {"unit", model.vocabulary->unit()},
           {"bits_per_character", result.bits_per_character(split.counts.characters)},
           {"perplexity", result.perplexity()},
           {"units", result.total.tokens},
           {"characters", split.counts.characters},
           {"documents", split.counts.documents},
           {"unknown", split.counts.unknown},
           {"total_nats", result.total.nats},
           {"context", windows.context},
           {"model", model.trained.folder.string()}}};
}

}  // namespace

Action evaluate_language_action() {
  return model_action(
      "evaluate",
      "Negative log-likelihood of text, in nats a token and bits a character, and perplexity; of "
      "pairs of texts also ROUGE, exact match and F1",
      evaluate);
}

}  // namespace heed::tasks
