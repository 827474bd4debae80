// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translation_objective.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <random>

#include <ATen/ops/cat.h>

#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/token_loss.h"

namespace heed::tasks {
namespace {

const std::vector<EncodedPair>& split(const TranslationCorpus& corpus, const char* name) {
  return corpus.splits.at(name);
}

/// Length of the longer side, mark included.
int64_t length_of(const EncodedPair& pair) {
  return static_cast<int64_t>(std::max(pair.source.size(), pair.target.size())) + 1;
}

/// The pairs that are short enough for a model.
std::vector<EncodedPair> readable(const std::vector<EncodedPair>& pairs, int64_t bound) {
  if (bound == 0) return pairs;
  std::vector<EncodedPair> found;
  std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(found),
               [&](const EncodedPair& pair) { return length_of(pair) <= bound; });
  return found;
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
      seed_(seed),
      batches_(split(*corpus_, "train"), options.batches, corpus_->vocabulary.marks(), seed),
      batches_ahead_([this](int64_t index) { return training_batch(index); }) {
  check_lengths();
  if (batches_.left_out() > 0) {
    inform(std::to_string(batches_.left_out()) + " pairs are longer than data.max_length " +
           std::to_string(options.batches.max_length) + " pieces and left out");
  }
  int64_t tokens = 0;
  for (const auto& pair : split(*corpus_, "train")) {
    if (length_of(pair) <= options.batches.max_length) tokens += static_cast<int64_t>(pair.target.size()) + 1;
  }
  tokens_per_index_ = std::max<int64_t>(1, tokens / batches_.batches_per_epoch());
}

void TranslationObjective::check_lengths() const {
  const int64_t bound = model_->max_length(), longest = options_.batches.max_length;
  if (bound > 0 && longest > bound) {
    throw Error(ErrorKind::kConfig, "data.max_length is " + std::to_string(longest) +
                                        ", but the model reads at most " + std::to_string(bound) +
                                        " pieces; lower data.max_length or raise the model's bound");
  }
  const auto valid = corpus_->splits.find("valid");
  const size_t given = valid == corpus_->splits.end() ? 0 : valid->second.size();
  const size_t left = given == 0 ? 0 : readable(valid->second, bound).size();
  if (left == 0)
    throw Error(ErrorKind::kData, "the validation part has no pair" +
                                      std::string(given > 0 ? " that is short enough for the model" : ""));
  if (left < given) {
    inform(std::to_string(given - left) +
           " pairs of the validation part are left out: the model reads at most " + std::to_string(bound) +
           " pieces");
  }
}

/// Pairs with their subwords sampled, by (seed, index). A pair with unknown pieces, or that would become too long, stays
/// as it is.
std::vector<EncodedPair> TranslationObjective::cut_anew(const std::vector<size_t>& rows,
                                                        int64_t index) const {
  const auto& vocabulary = corpus_->vocabulary;
  std::vector<EncodedPair> pairs;
  for (const size_t row : rows) pairs.push_back(split(*corpus_, "train")[row]);
  std::seed_seq sequence{seed_ & 0xFFFFFFFF, seed_ >> 32, static_cast<uint64_t>(index)};
  std::mt19937_64 random(sequence);
  const auto cut_side = [&](text::Tokens EncodedPair::*side, const text::SubwordVocabulary& pieces) {
    std::vector<std::string> sentences;
    for (const auto& pair : pairs) sentences.push_back(pieces.decode(pair.*side));
    const std::vector<std::string_view> views(sentences.begin(), sentences.end());
    const auto cut = pieces.sample(views, options_.subword_sampling, random());
    for (size_t i = 0; i < pairs.size(); ++i) {
      text::Tokens& tokens = pairs[i].*side;
      const bool known = std::find(tokens.begin(), tokens.end(), pieces.unknown()) == tokens.end();
      if (known && static_cast<int64_t>(cut[i].size()) < options_.batches.max_length) tokens = cut[i];
    }
  };
  cut_side(&EncodedPair::source, vocabulary.source);
  cut_side(&EncodedPair::target, vocabulary.target);
  return pairs;
}

TranslationBatch TranslationObjective::training_batch(int64_t index) {
  if (options_.subword_sampling == 0) return batches_.batch(index);
  const auto pairs = cut_anew(batches_.rows(index), index);
  std::vector<size_t> all(pairs.size());
  std::iota(all.begin(), all.end(), size_t{0});
  return make_translation_batch(pairs, all, corpus_->vocabulary.marks());
}

at::Tensor TranslationObjective::loss_of(const TranslationBatch& batch) {
  const at::Tensor features = model_->features(batch.source, {batch.target_input, batch.target_lengths});
  return summed_token_loss(features, model_->output_layer(), batch.target_output, options_.label_smoothing);
}

/// The batch twice, so that dropout differs.
at::Tensor TranslationObjective::loss_of_two_passes(const TranslationBatch& batch) {
  const auto twice = [](const at::Tensor& rows) { return at::cat({rows, rows}); };
  const at::Tensor features = model_->features({twice(batch.source.tokens), twice(batch.source.lengths)},
                                               {twice(batch.target_input), twice(batch.target_lengths)});
  return r_drop_loss(features, model_->output_layer(), batch.target_output, options_.label_smoothing,
                     options_.r_drop);
}

training::Loss TranslationObjective::training_loss(int64_t index) {
  const TranslationBatch batch = batches_ahead_.take(index).to(device_);
  at::Tensor sum = options_.r_drop > 0 ? loss_of_two_passes(batch) : loss_of(batch);
  const at::Tensor auxiliary = model_->auxiliary_loss();
  if (auxiliary.defined()) sum = sum + auxiliary * static_cast<double>(batch.target_tokens);
  return {sum, batch.target_tokens};
}

training::Validation TranslationObjective::validate() {
  const auto nll = translation_nll(*model_, split(*corpus_, "valid"), corpus_->vocabulary.marks(),
                                   options_.batches, device_);
  return {.metrics = {{"nll", nll.mean()}}, .count = nll.tokens};
}

void TranslationObjective::write_assets(const std::filesystem::path& run) {
  corpus_->vocabulary.write(run);
}

TranslationNll translation_nll(nn::SequenceToSequenceModel& model, const std::vector<EncodedPair>& pairs,
                               const TranslationMarks& marks, const TranslationBatchOptions& options,
                               at::Device device) {
  const nn::InferenceScope scope(model);
  const auto taken = readable(pairs, model.max_length());
  TranslationNll total;
  total.left_out = static_cast<int64_t>(pairs.size() - taken.size());
  for (const auto& indices : batches_by_length(taken, options)) {
    const TranslationBatch batch = make_translation_batch(taken, indices, marks).to(device);
    const at::Tensor features = model.features(batch.source, {batch.target_input, batch.target_lengths});
    total.nats += summed_token_loss(features, model.output_layer(), batch.target_output, 0).item<double>();
    total.tokens += batch.target_tokens;
  }
  return total;
}

}  // namespace heed::tasks
