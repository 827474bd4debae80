// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/classification/classification_objective.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <ATen/ops/argmax.h>
#include <torch/nn/functional/loss.h>

#include "heed/evaluation/classification.h"
#include "heed/tasks/token_loss.h"

namespace heed::tasks {
namespace {

at::Tensor summed_class_loss(const at::Tensor& logits, const at::Tensor& labels) {
  namespace F = torch::nn::functional;
  return F::cross_entropy(logits.to(at::kFloat), labels, F::CrossEntropyFuncOptions().reduction(torch::kSum));
}

}  // namespace

std::vector<int64_t> framed_lengths(const std::vector<EncodedText>& texts, int64_t max_tokens) {
  std::vector<int64_t> lengths;
  for (const auto& text : texts) lengths.push_back(std::min(framed_length(text), max_tokens));
  return lengths;
}

at::Tensor class_logits(models::SequenceClassifier& model, const at::Tensor& features,
                        const ClassificationBatch& batch) {
  const at::Tensor logits = model.logits(features, batch.places);
  const int64_t orders = logits.size(0) / batch.labels.size(0);
  return orders == 1 ? logits : logits.view({orders, -1, logits.size(1)}).mean(0);
}

ClassificationObjective::ClassificationObjective(std::shared_ptr<models::SequenceClassifier> model,
                                                 std::shared_ptr<const ClassificationCorpus> corpus,
                                                 const ClassificationDataOptions& options,
                                                 const ClassifierMarks& marks, uint64_t seed,
                                                 at::Device device)
    : model_(std::move(model)),
      corpus_(std::move(corpus)),
      options_(options),
      marks_(marks),
      device_(device),
      buckets_(framed_lengths(corpus_->split("train"), options.max_tokens), options.batch_size, seed),
      ahead_([this](int64_t index) { return batch(corpus_->split("train"), buckets_.batch(index)); }) {
  const auto lengths = framed_lengths(corpus_->split("train"), options.max_tokens);
  const int64_t tokens = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
  tokens_per_batch_ = tokens * (options.both_orders ? 2 : 1) / buckets_.batches_per_epoch();
}

ClassificationBatch ClassificationObjective::batch(const std::vector<EncodedText>& texts,
                                                   std::span<const size_t> examples) const {
  return make_classification_batch(texts, examples, marks_, options_.max_tokens, options_.both_orders);
}

training::Loss ClassificationObjective::training_loss(int64_t index) {
  const ClassificationBatch batch = ahead_.take(index).to(device_);
  const at::Tensor features = model_->trunk().features(batch.input);
  const int64_t examples = batch.labels.size(0);
  at::Tensor loss = summed_class_loss(class_logits(*model_, features, batch), batch.labels);
  if (options_.auxiliary > 0) {
    const int64_t targets = batch.targets.ne(kIgnoredTarget).sum().item<int64_t>();
    const at::Tensor language = summed_token_loss(features, model_->trunk().output_layer(), batch.targets, 0);
    loss =
        loss + language * (options_.auxiliary * static_cast<double>(examples) / static_cast<double>(targets));
  }
  return {loss, examples};
}

training::Validation ClassificationObjective::validate() {
  const auto& texts = corpus_->split("valid");
  double nats = 0;
  evaluation::ConfusionMatrix confusion(model_->classes());
  const auto lengths = framed_lengths(texts, options_.max_tokens);
  for (const auto& examples : batches_by_length(lengths, options_.batch_size)) {
    const ClassificationBatch some = batch(texts, examples).to(device_);
    const at::Tensor logits = class_logits(*model_, model_->trunk().features(some.input), some);
    nats += summed_class_loss(logits, some.labels).item<double>();
    const at::Tensor found = at::argmax(logits, 1).to(at::kCPU);
    for (size_t i = 0; i < examples.size(); ++i)
      confusion.add(texts[examples[i]].label, found[static_cast<int64_t>(i)].item<int64_t>());
  }
  const auto scores = evaluation::classification_scores(confusion);
  return {.metrics = {{"accuracy", scores.accuracy},
                      {"macro_f1", scores.macro_f1},
                      {"nll", nats / static_cast<double>(texts.size())}},
          .watch = "accuracy",
          .lower_is_better = false,
          .count = std::ssize(texts)};
}

}  // namespace heed::tasks
