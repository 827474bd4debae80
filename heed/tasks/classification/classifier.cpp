// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/classification/classifier.h"

#include <algorithm>

#include <ATen/ops/log_softmax.h>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/classification/classification_objective.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/presets.h"

namespace heed::tasks {

std::vector<std::string> classes_of(const toml::table& config, const std::string& place) {
  std::vector<std::string> classes;
  if (const auto* names = config["about"]["classes"].as_array())
    for (const auto& name : *names) classes.push_back(name.value_or(std::string()));
  if (classes.size() < 2)
    throw Error(ErrorKind::kCheckpoint, "does not describe a classifier: about.classes is missing", place);
  return classes;
}

ClassifierMarks classifier_marks(const text::TextVocabulary& vocabulary, int64_t rows) {
  const auto last = static_cast<int32_t>(rows - 1);
  return {vocabulary.end_of_text(), last - 1, last};
}

Classifier::Classifier(Trained<torch::nn::Module> any)
    : trained(as<models::SequenceClassifier>(std::move(any))),
      vocabulary(text::load_text_vocabulary(trained.folder)),
      classes(classes_of(trained.config, trained.folder.string())) {
  read_fields(config_section(trained.config, "data"), "[data]", fields(data));
  const int64_t rows = trained.model->trunk().vocabulary_size();
  if (vocabulary->size() + 2 > rows) {
    throw Error(ErrorKind::kCheckpoint,
                "the vocabulary has " + std::to_string(vocabulary->size()) +
                    " tokens and two marks, but the model only " + std::to_string(rows),
                trained.folder.string());
  }
}

std::vector<std::vector<double>> Classifier::log_probabilities(
    const std::vector<EncodedText>& texts, int64_t batch_size,
    const std::function<void(int64_t done)>& progress) const {
  auto& model = *trained.model;
  const nn::InferenceScope inference(model);
  const at::Device device = nn::device_of(model);
  const auto marks = classifier_marks(*vocabulary, model.trunk().vocabulary_size());
  std::vector<std::vector<double>> result(texts.size());
  int64_t done = 0;
  for (const auto& examples : batches_by_length(framed_lengths(texts, data.max_tokens), batch_size)) {
    const auto batch =
        make_classification_batch(texts, examples, marks, data.max_tokens, data.both_orders).to(device);
    const at::Tensor logits = class_logits(model, model.trunk().features(batch.input), batch);
    const at::Tensor table = at::log_softmax(logits.to(at::kCPU, at::kDouble), -1).contiguous();
    const double* row = table.const_data_ptr<double>();
    for (const size_t example : examples) {
      result[example].assign(row, row + table.size(1));
      row += table.size(1);
    }
    done += std::ssize(examples);
    if (progress) progress(done);
  }
  return result;
}

}  // namespace heed::tasks
