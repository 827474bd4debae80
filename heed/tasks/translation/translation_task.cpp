// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translation_task.h"

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/path_text.h"
#include "heed/decoding/beam_search.h"
#include "heed/models/registry.h"
#include "heed/tasks/presets.h"
#include "heed/tasks/translation/language_model_start.h"
#include "heed/tasks/translation/translation_actions.h"
#include "heed/tasks/translation/translation_objective.h"
#include "heed/tasks/translation/translator.h"

namespace heed::tasks {
namespace {

std::string corpus_line(const TranslationCorpus& corpus) {
  std::string line = "translation:";
  for (const auto& [split, pairs] : corpus.splits)
    line += " " + split + " " + std::to_string(pairs.size()) + " pairs;";
  const auto& vocabulary = corpus.vocabulary;
  line.append(" ").append(std::to_string(vocabulary.source.size()));
  if (!vocabulary.joint) line += " and " + std::to_string(vocabulary.target.size());
  return line + " pieces";
}

models::VocabularySizes sizes(const TranslationVocabulary& vocabulary) {
  return {vocabulary.source.size(), vocabulary.target.size()};
}

bool is_language_model(const toml::table& config) {
  return config["task"].value_or(std::string()) == "language";
}

/// A trained model keeps its vocabulary.
void keep_vocabulary(toml::table& config, const std::filesystem::path& folder) {
  set_string(config, "vocabulary", "file", config_text(std::filesystem::absolute(folder)));
}

/// The sections of a translation run.
struct TranslationConfig {
  TranslationDataOptions data;
  TranslationVocabularyOptions vocabulary;
  decoding::BeamOptions search;
};

class TranslationTask : public Task {
 public:
  std::string name() const override { return "translation"; }
  std::string noun() const override { return "a translation model"; }
  std::vector<std::string> sections() const override { return {"data", "vocabulary", "decoding"}; }

  std::string config_help() const override {
    TranslationConfig options;
    return "[data], task translation\n" + describe_fields(fields(options.data)) +
           "\n[vocabulary], task translation\n" + describe_fields(fields(options.vocabulary)) +
           "\n[decoding], task translation: the defaults of translate and evaluate\n" +
           describe_fields(decoding::fields(options.search)) + "\n" +
           models::describe_kinds<nn::SequenceToSequenceModel>();
  }

  TrainingRun open(const toml::table& config, const Paths& data, at::Device device) const override {
    RunDraft draft(config, device);
    TranslationConfig options;
    draft.read("data", fields(options.data));
    draft.read("vocabulary", fields(options.vocabulary));
    draft.read("decoding", decoding::fields(options.search));
    const auto corpus = std::make_shared<const TranslationCorpus>(
        read_translation_corpus(data, options.data, options.vocabulary));
    inform(corpus_line(*corpus));
    const auto model = draft.make_model([&](toml::table& section) {
      return models::make_model<nn::SequenceToSequenceModel>(section, sizes(corpus->vocabulary));
    });
    draft.about().insert_or_assign("source_vocabulary", int64_t{corpus->vocabulary.source.size()});
    draft.about().insert_or_assign("vocabulary", int64_t{corpus->vocabulary.target.size()});
    corpus->sources.write(draft.about());
    return draft.finish(
        std::make_unique<TranslationObjective>(model, corpus, options.data, draft.seed(), device),
        translation_data_card(*corpus));
  }

  bool begins_with(const Task& other) const override {
    return other.name() == name() || other.name() == "language";
  }
  void inherit(toml::table& config, const Trained<torch::nn::Module>& from) const override {
    keep_vocabulary(config, from.folder);
    if (!is_language_model(from.config)) return;
    const std::string place = from.folder.string();
    if (!TranslationVocabulary::is_in(from.folder)) {
      throw Error(
          ErrorKind::kUsage,
          "an encoder-decoder needs a language model with a vocabulary of SentencePiece (vocabulary.kind)",
          place);
    }
    config.insert_or_assign("model", encoder_decoder_section(config_section(from.config, "model"), place));
  }
  training::WeightTransfer transfer(const toml::table& from, const toml::table& /*config*/) const override {
    return is_language_model(from) ? encoder_decoder_transfer() : training::WeightTransfer();
  }
  void resume(toml::table& config, const std::filesystem::path& run) const override {
    keep_vocabulary(config, run);
  }

  std::shared_ptr<torch::nn::Module> make_module(const toml::table& config,
                                                 const std::string& place) const override {
    const models::VocabularySizes vocabulary{config["about"]["source_vocabulary"].value_or(int64_t{0}),
                                             config["about"]["vocabulary"].value_or(int64_t{0})};
    if (vocabulary.source <= 0 || vocabulary.target <= 0) {
      throw Error(ErrorKind::kCheckpoint,
                  "does not describe a model: about.source_vocabulary and about.vocabulary are needed",
                  place);
    }
    toml::table section = config_section(config, "model");
    return models::make_model<nn::SequenceToSequenceModel>(section, vocabulary);
  }

  std::unique_ptr<TaskModel> open_model(Trained<torch::nn::Module> trained) const override {
    return std::make_unique<Translator>(std::move(trained));
  }

  const std::vector<Action>& actions() const override {
    static const std::vector<Action> actions{prepare_translation_action(), evaluate_translation_action(),
                                             translate_action(), inspect_translation_attention_action(),
                                             inspect_translation_diagonal_action()};
    return actions;
  }
};

}  // namespace

const Task& translation_task() {
  static const TranslationTask task;
  return task;
}

}  // namespace heed::tasks
