// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/language_data.h"

#include <utility>

#include "heed/core/log.h"
#include "heed/data/text/counts.h"
#include "heed/tasks/language/stream_batches.h"

namespace heed::tasks {
namespace {

/// A language objective whose run keeps the vocabulary.
class TextObjective : public LanguageObjective {
 public:
  TextObjective(text::TextVocabularyPtr vocabulary, std::shared_ptr<nn::SequenceModel> model,
                std::unique_ptr<BatchSource> batches, std::vector<TokenCrop> validation,
                const LanguageOptions& options, at::Device device)
      : LanguageObjective(std::move(model), std::move(batches), std::move(validation), options, device),
        vocabulary_(std::move(vocabulary)) {}
  void write_assets(const std::filesystem::path& run) override { vocabulary_->write(run); }

 private:
  text::TextVocabularyPtr vocabulary_;
};

}  // namespace

Fields fields(LanguageDataOptions& options) {
  return text::fields(options.corpus) +
         Fields{
             {"crop", &options.crop, "tokens of a training example; longer sources of pairs lose their end",
              at_least(2)},
             {"batch_size", &options.batch_size, "examples of a batch", between(1, 1 << 20)},
             {"label_smoothing", &options.label_smoothing, "share of the target spread over all tokens",
              between(0, 0.9)},
             {"validation_window", &options.validation_window,
              "tokens scored together while training; 0: as many as an example has", at_least(0)},
             {"source_field", &options.source_field,
              "pairs of texts: fields or columns of what is given, such as \"story, question\""},
             {"target_field", &options.target_field,
              "pairs of texts: field or column of what is to be written; empty: there are no pairs"},
             {"learn_source", &options.learn_source, "pairs of texts: learn the sources too"},
             {"validation_tokens", &options.validation_tokens, "tokens to validate on, about; 0: all",
              at_least(0)},
         };
}

toml::table language_data_card(const text::LanguageCorpus& corpus) {
  toml::table card{{"vocabulary", corpus.vocabulary->kind()}};
  for (const auto& [name, split] : corpus.splits) {
    card.insert(name, toml::table{{"documents", split.counts.documents},
                                  {"characters", split.counts.characters},
                                  {"tokens", split.counts.tokens},
                                  {"crc32c", int64_t{split.counts.crc32c}}});
  }
  return card;
}

std::string corpus_line(const text::LanguageCorpus& corpus) {
  std::string line = "language (" + corpus.vocabulary->kind() + "):";
  for (const auto& [name, split] : corpus.splits) {
    line += " " + name + " " + text::grouped(split.counts.documents) +
            (split.counts.documents == 1 ? " document, " : " documents, ") +
            text::grouped(split.counts.tokens) + " tokens;";
  }
  line.pop_back();
  return line;
}

std::unique_ptr<LanguageObjective> make_language_objective(std::shared_ptr<nn::SequenceModel> model,
                                                           const text::LanguageCorpus& corpus,
                                                           const LanguageDataOptions& options, uint64_t seed,
                                                           at::Device device) {
  const int64_t window = options.validation_window > 0 ? options.validation_window : options.crop;
  auto batches =
      std::make_unique<StreamBatches>(corpus.split("train").tokens, options.crop, options.batch_size, seed);
  auto windows = stream_windows(corpus.split("valid").tokens, window, options.validation_tokens);
  return std::make_unique<TextObjective>(corpus.vocabulary, std::move(model), std::move(batches),
                                         std::move(windows),
                                         LanguageOptions{.label_smoothing = options.label_smoothing}, device);
}

}  // namespace heed::tasks
