// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translation_objective.h"

#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/token_loss.h"

namespace heed::tasks {
namespace {

const std::vector<EncodedPair>& split(const TranslationCorpus& corpus, const char* name) {
  return corpus.splits.at(name);
}

}  // namespace

TranslationObjective::TranslationObjective(std::shared_ptr<nn::SequenceToSequenceModel> model,
                                           std::shared_ptr<const TranslationCorpus> corpus,
                                           const TranslationDataOptions& options, uint64_t seed,
                                           at::Device device)
    : model_(std::move(model)),
      corpus_(std::move(corpus)),
      options_(options),
      device_(device),
      batches_(split(*corpus_, "train"), options.batches, corpus_->vocabulary.marks(), seed),
      batches_ahead_([this](int64_t index) { return batches_.batch(index); }) {
  if (batches_.left_out() > 0) {
    inform(std::to_string(batches_.left_out()) + " pairs are longer than data.max_length " +
           std::to_string(options.batches.max_length) + " pieces and left out");
  }
  int64_t tokens = 0;
  for (const auto& pair : split(*corpus_, "train")) tokens += static_cast<int64_t>(pair.target.size()) + 1;
  tokens_per_index_ = std::max<int64_t>(1, tokens / batches_.batches_per_epoch());
}

training::Loss TranslationObjective::training_loss(int64_t index) {
  const TranslationBatch batch = batches_ahead_.take(index).to(device_);
  const at::Tensor features = model_->features(batch.source, batch.target_input);
  at::Tensor sum =
      summed_token_loss(features, model_->output_layer(), batch.target_output, options_.label_smoothing);
  const at::Tensor auxiliary = model_->auxiliary_loss();
  if (auxiliary.defined()) sum = sum + auxiliary * static_cast<double>(batch.target_tokens);
  return {sum, batch.target_tokens};
}

training::Validation TranslationObjective::validate() {
  const auto nll = translation_nll(*model_, split(*corpus_, "valid"), corpus_->vocabulary.marks(),
                                   options_.batches, device_);
  return {nll.mean(), nll.tokens};
}

void TranslationObjective::write_assets(const std::filesystem::path& run) {
  corpus_->vocabulary.write(run);
  write_atomically(run / "data.toml", format_toml(translation_data_card(*corpus_)));
}

TranslationNll translation_nll(nn::SequenceToSequenceModel& model, const std::vector<EncodedPair>& pairs,
                               const TranslationMarks& marks, const TranslationBatchOptions& options,
                               at::Device device) {
  const nn::InferenceScope scope(model);
  TranslationNll total;
  for (const auto& indices : batches_by_length(pairs, options)) {
    const TranslationBatch batch = make_translation_batch(pairs, indices, marks).to(device);
    const at::Tensor features = model.features(batch.source, batch.target_input);
    total.nats += summed_token_loss(features, model.output_layer(), batch.target_output, 0).item<double>();
    total.tokens += batch.target_tokens;
  }
  return total;
}

}  // namespace heed::tasks
