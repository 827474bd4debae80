// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/progress.h"
#include "heed/evaluation/classification.h"
#include "heed/tasks/classification/classification_actions.h"
#include "heed/tasks/classification/classifier.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct EvaluateClassifierOptions {
  Paths data;
  std::string split, text_fields, pair_fields, label_field;
  int64_t batch_size = 32;
};

Fields fields(EvaluateClassifierOptions& options) {
  return {required({"data", &options.data, "labelled texts: JSON lines, .tsv, .csv, folders of classes"}),
          default_text({"split", &options.split, "part to score: train, valid or test",
                        one_of({"", "train", "valid", "test"})},
                       "all of the texts"),
          default_text({"text_fields", &options.text_fields, "fields of the text"}, "as in training"),
          default_text({"pair_fields", &options.pair_fields, "fields of the second text"}, "as in training"),
          default_text({"label_field", &options.label_field, "field of the label"}, "as in training"),
          batch_size_field(options.batch_size, "texts in one pass")};
}

text::LabelledTextOptions reading(const Classifier& model, const EvaluateClassifierOptions& options) {
  text::LabelledTextOptions texts = model.data.texts;
  texts.valid_file.clear();
  if (!options.text_fields.empty()) texts.text_fields = options.text_fields;
  if (!options.pair_fields.empty()) texts.pair_fields = options.pair_fields;
  if (!options.label_field.empty()) texts.label_field = options.label_field;
  return texts;
}

/// The texts to score, in tokens, without those whose label is none of the model's classes.
std::vector<EncodedText> read_texts(const Classifier& model, const EvaluateClassifierOptions& options) {
  const auto corpus = text::read_labelled_texts(options.data, reading(model, options));
  std::vector<EncodedText> encoded;
  for (const auto& [split, texts] : corpus.splits) {
    if (!options.split.empty() && split != options.split) continue;
    auto more = encode_labelled(texts, *model.vocabulary, model.classes);
    encoded.insert(encoded.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  const auto others = std::erase_if(encoded, [](const auto& text) { return text.label < 0; });
  if (encoded.empty())
    throw Error(ErrorKind::kData, "has no text with a label that is a class of the model",
                options.data.front().string());
  if (others > 0)
    warn(std::to_string(others) + " texts are not scored: their labels are no classes of the model");
  return encoded;
}

Json class_rows(const evaluation::ClassificationScores& scores, const std::vector<std::string>& classes) {
  auto rows = Json::array();
  for (size_t c = 0; c < classes.size(); ++c) {
    const auto& score = scores.classes[c];
    rows.push_back({{"class", classes[c]},
                    {"texts", score.actual},
                    {"precision", score.precision},
                    {"recall", score.recall},
                    {"f1", score.f1}});
  }
  return rows;
}

Json confusion_rows(const evaluation::ConfusionMatrix& confusion) {
  auto rows = Json::array();
  for (int64_t actual = 0; actual < confusion.classes(); ++actual) {
    auto row = Json::array();
    for (int64_t found = 0; found < confusion.classes(); ++found)
      row.push_back(confusion.count(actual, found));
    rows.push_back(row);
  }
  return rows;
}

Answer evaluate(const Classifier& model, EvaluateClassifierOptions& options, const Call& /*call*/) {
  const auto texts = read_texts(model, options);
  Progress progress("evaluate", std::ssize(texts));
  const auto found = model.log_probabilities(texts, options.batch_size,
                                             [&](int64_t done) { progress.update(done, "texts"); });
  progress.finish("texts");
  evaluation::ConfusionMatrix confusion(std::ssize(model.classes));
  double nats = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    confusion.add(texts[i].label, std::max_element(found[i].begin(), found[i].end()) - found[i].begin());
    nats -= found[i][static_cast<size_t>(texts[i].label)];
  }
  const auto scores = evaluation::classification_scores(confusion);
  Json json{{"accuracy", scores.accuracy},
            {"macro_f1", scores.macro_f1},
            {"nll", nats / static_cast<double>(texts.size())},
            {"majority", scores.majority},
            {"texts", std::ssize(texts)},
            {"model", model.trained.folder.string()}};
  const auto lines = entry_lines(json);
  json["classes"] = class_rows(scores, model.classes);
  json["confusion"] = confusion_rows(confusion);
  return {json, lines};
}

}  // namespace

Action evaluate_classification_action() {
  return model_action("evaluate", "Accuracy, macro F1 and negative log-likelihood of labelled texts",
                      evaluate);
}

}  // namespace heed::tasks
