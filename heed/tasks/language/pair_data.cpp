// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/pair_data.h"

#include <numeric>
#include <utility>

#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/data/text/counts.h"
#include "heed/data/text/labelled_text.h"
#include "heed/data/text/text_survey.h"
#include "heed/tasks/length_buckets.h"
#include "heed/tasks/prefetch.h"
#include "heed/tasks/token_loss.h"

namespace heed::tasks {
namespace {

text::TextVocabularyPtr pair_vocabulary(const std::vector<text::LabelledText>& pairs,
                                        const text::TextVocabularyOptions& options) {
  if (!options.file.empty()) return text::load_text_vocabulary(options.file);
  const auto each = [&](const std::function<void(std::string_view)>& use) {
    for (const auto& pair : pairs) {
      use(pair.text);
      use(pair.pair);
    }
  };
  text::TextSurvey survey;
  each([&](std::string_view part) { survey.add({part}, "train"); });
  auto chosen = options;
  const std::string why = text::choose_vocabulary(survey, chosen);
  inform("vocabulary: " + chosen.kind + (why.empty() ? "" : "; " + why + " (vocabulary.kind changes it)"));
  return text::learn_text_vocabulary(chosen, each);
}

/// A language model's objective on pairs.
class PairObjective : public training::Objective {
 public:
  PairObjective(std::shared_ptr<nn::SequenceModel> model, std::shared_ptr<const PairCorpus> corpus,
                const LanguageDataOptions& options, const PairMarks& marks, uint64_t seed, at::Device device)
      : model_(std::move(model)),
        corpus_(std::move(corpus)),
        options_(options),
        marks_(marks),
        device_(device),
        buckets_(pair_lengths(corpus_->split("train"), options.crop), options.batch_size, seed),
        ahead_([this](int64_t index) {
          return make_pair_batch(corpus_->split("train"), buckets_.batch(index), marks_, options_.crop,
                                 options_.learn_source);
        }) {
    const auto lengths = pair_lengths(corpus_->split("train"), options.crop);
    tokens_ = std::accumulate(lengths.begin(), lengths.end(), int64_t{0}) / buckets_.batches_per_epoch();
  }

  torch::nn::Module& module() override { return *model_; }
  training::Loss training_loss(int64_t index) override {
    return loss_of(ahead_.take(index).to(device_), options_.label_smoothing);
  }
  training::Validation validate() override {
    const auto& texts = corpus_->split("valid");
    double nats = 0;
    int64_t count = 0;
    for (const auto& rows : batches_by_length(pair_lengths(texts, options_.crop), options_.batch_size)) {
      const auto loss = loss_of(make_pair_batch(texts, rows, marks_, options_.crop, false).to(device_), 0);
      nats += loss.sum.item<double>();
      count += loss.targets;
    }
    return {.metrics = {{"nll", nats / static_cast<double>(count)}}, .count = count};
  }
  int64_t indices_per_epoch() const override { return buckets_.batches_per_epoch(); }
  int64_t tokens_per_index() const override { return tokens_; }
  void write_assets(const std::filesystem::path& run) override { corpus_->vocabulary->write(run); }

 private:
  training::Loss loss_of(const TokenBatch& batch, double label_smoothing) {
    const int64_t targets = batch.targets.ne(TokenBatch::kIgnore).sum().item<int64_t>();
    const at::Tensor features = model_->features(batch.input);
    return {summed_token_loss(features, model_->output_layer(), batch.targets, label_smoothing), targets};
  }

  std::shared_ptr<nn::SequenceModel> model_;
  std::shared_ptr<const PairCorpus> corpus_;
  LanguageDataOptions options_;
  PairMarks marks_;
  at::Device device_;
  LengthBuckets buckets_;
  Prefetch<TokenBatch> ahead_;
  int64_t tokens_ = 0;  ///< of a batch, on average
};

}  // namespace

text::LabelledTextOptions pair_reading(const LanguageDataOptions& options) {
  text::LabelledTextOptions reading;
  reading.text_fields = options.source_field;
  reading.pair_fields = options.target_field;
  reading.label_field.clear();
  reading.valid_share = options.corpus.valid_share;
  reading.valid_file = options.corpus.valid_file;
  return reading;
}

const std::vector<TaskText>& PairCorpus::split(const std::string& name) const {
  const auto found = splits.find(name);
  if (found != splits.end() && !found->second.empty()) return found->second;
  std::vector<std::string> names;
  for (const auto& [split, texts] : splits) names.push_back(split);
  throw Error(ErrorKind::kData, "the pairs have no part '" + name + "'; there is " + comma_list(names));
}

PairCorpus read_pair_corpus(const Paths& data, const LanguageDataOptions& options,
                            text::TextVocabularyOptions& vocabulary) {
  auto read = text::read_labelled_texts(data, pair_reading(options));
  if (read.without_text > 0)
    inform("pairs left out: " + text::grouped(read.without_text) + " without a source or a target");
  PairCorpus corpus;
  corpus.vocabulary = pair_vocabulary(read.splits["train"], vocabulary);
  vocabulary.kind = corpus.vocabulary->kind();
  vocabulary.size = corpus.vocabulary->size();
  for (const auto& [split, pairs] : read.splits) {
    for (const auto& pair : pairs)
      corpus.splits[split].push_back(
          {corpus.vocabulary->encode(pair.text), corpus.vocabulary->encode(pair.pair)});
  }
  corpus.split("train");
  corpus.split("valid");
  return corpus;
}

toml::table pair_data_card(const PairCorpus& corpus) {
  toml::table card{{"vocabulary", corpus.vocabulary->kind()}};
  for (const auto& [name, texts] : corpus.splits) {
    Crc32c crc;
    for (const auto& text : texts) {
      crc.add(std::as_bytes(std::span(text.source)));
      crc.add(std::as_bytes(std::span(text.target)));
    }
    card.insert(name, toml::table{{"pairs", std::ssize(texts)}, {"crc32c", int64_t{crc.value()}}});
  }
  return card;
}

std::string corpus_line(const PairCorpus& corpus) {
  std::string line = "language (" + corpus.vocabulary->kind() + "):";
  for (const auto& [name, texts] : corpus.splits)
    line += " " + name + " " + text::grouped(std::ssize(texts)) + " pairs;";
  line.pop_back();
  return line;
}

std::unique_ptr<training::Objective> make_pair_objective(std::shared_ptr<nn::SequenceModel> model,
                                                         std::shared_ptr<const PairCorpus> corpus,
                                                         const LanguageDataOptions& options,
                                                         const PairMarks& marks, uint64_t seed,
                                                         at::Device device) {
  return std::make_unique<PairObjective>(std::move(model), std::move(corpus), options, marks, seed, device);
}

}  // namespace heed::tasks
