// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/csv.h"
#include "heed/tasks/classification/classification_actions.h"
#include "heed/tasks/classification/classifier.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct PredictOptions {
  std::string data;
  std::filesystem::path output;
  std::string text_fields, pair_fields;
  bool probabilities = false;
  int64_t batch_size = 32;
};

Fields fields(PredictOptions& options) {
  return {required({"data", &options.data,
                    "texts: JSON lines, .tsv, .csv, or a plain file with a text on each line; - is stdin"}),
          default_text({"output", &options.output, "CSV file to write"}, "stdout"),
          {"probabilities", &options.probabilities, "add a column with the probability of each class"},
          default_text({"text_fields", &options.text_fields, "fields of the text"}, "as in training"),
          default_text({"pair_fields", &options.pair_fields, "fields of the second text"}, "as in training"),
          batch_size_field(options.batch_size, "texts in one pass")};
}

std::vector<text::LabelledText> read_stdin(const Call& call, bool pairs) {
  constexpr size_t kLines = 4096;
  std::vector<text::LabelledText> texts;
  for (auto lines = call.input(kLines); !lines.empty(); lines = call.input(kLines)) {
    for (const auto& line : lines)
      texts.push_back(text::unlabelled_line(line, pairs, "stdin, line " + std::to_string(texts.size() + 1)));
  }
  return texts;
}

std::vector<text::LabelledText> read_texts(const Classifier& model, const PredictOptions& options,
                                           const Call& call) {
  text::LabelledTextOptions reading = model.data.texts;
  if (!options.text_fields.empty()) reading.text_fields = options.text_fields;
  if (!options.pair_fields.empty()) reading.pair_fields = options.pair_fields;
  if (options.data == "-") return read_stdin(call, !reading.pair_fields.empty());
  return text::read_unlabelled_texts(options.data, reading);
}

std::string header(const Classifier& model, const PredictOptions& options) {
  std::vector<std::string> cells{"label", "probability"};
  if (options.probabilities) cells.insert(cells.end(), model.classes.begin(), model.classes.end());
  return format_csv_row(cells);
}

std::string row(const Classifier& model, const PredictOptions& options, const std::vector<double>& found) {
  const auto best = static_cast<size_t>(std::max_element(found.begin(), found.end()) - found.begin());
  std::vector<std::string> cells{model.classes[best], fixed_number(std::exp(found[best]), 6)};
  if (options.probabilities)
    for (const double value : found) cells.push_back(fixed_number(std::exp(value), 6));
  return format_csv_row(cells);
}

Answer predict(const Classifier& model, PredictOptions& options, const Call& call) {
  if (!options.output.empty()) check_writable(options.output);
  const auto texts = encode_labelled(read_texts(model, options, call), *model.vocabulary, model.classes);
  Progress progress("predict", std::ssize(texts));
  const auto found = model.log_probabilities(texts, options.batch_size,
                                             [&](int64_t done) { progress.update(done, "texts"); });
  progress.finish("texts");
  std::vector<std::string> lines{header(model, options)};
  for (const auto& values : found) lines.push_back(row(model, options, values));
  if (options.output.empty()) {
    for (const auto& line : lines) call.output(line);
  } else {
    std::string table;
    for (const auto& line : lines) table += line + "\n";
    write_atomically(options.output, table);
  }
  Json json{{"texts", std::ssize(texts)}, {"model", model.trained.folder.string()}};
  if (!options.output.empty()) json["output"] = options.output.string();
  return {json, {}, options.output.empty()};
}

}  // namespace

Action predict_classification_action() {
  return model_action("predict", "The class of each text and its probability, as CSV", predict);
}

}  // namespace heed::tasks
