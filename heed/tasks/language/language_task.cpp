// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/language_task.h"

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/path_text.h"
#include "heed/models/registry.h"
#include "heed/tasks/language/language_actions.h"
#include "heed/tasks/language/language_data.h"
#include "heed/tasks/language/language_model.h"
#include "heed/tasks/presets.h"

namespace heed::tasks {
namespace {

void check_text(const text::LanguageCorpus& corpus, const Paths& data) {
  constexpr int64_t kLeastTokens = 100;
  for (const char* split : {"train", "valid"}) {
    if (corpus.splits.count(split) == 0 || corpus.splits.at(split).tokens.size() < kLeastTokens) {
      throw Error(ErrorKind::kData,
                  std::string("contains too little text: the part '") + split + "' has fewer than " +
                      std::to_string(kLeastTokens) + " tokens",
                  data.empty() ? "data" : data.front().string());
    }
  }
}

class LanguageTask : public Task {
 public:
  std::string name() const override { return "language"; }
  std::string noun() const override { return "a language model"; }
  std::vector<std::string> sections() const override { return {"data", "vocabulary"}; }

  std::string config_help() const override {
    LanguageDataOptions data;
    text::TextVocabularyOptions vocabulary;
    return "[data], task language\n" + describe_fields(fields(data)) + "\n[vocabulary], task language\n" +
           describe_fields(text::fields(vocabulary)) + "\n" + models::describe_kinds<nn::SequenceModel>();
  }

  TrainingRun open(const toml::table& config, const Paths& data, at::Device device) const override {
    RunDraft draft(config, device);
    LanguageDataOptions options;
    text::TextVocabularyOptions vocabulary;
    draft.read("data", fields(options));
    draft.read("vocabulary", text::fields(vocabulary));
    const auto corpus = text::read_language_corpus(data, options.corpus, vocabulary);
    check_text(corpus, data);
    inform(corpus_line(corpus));
    vocabulary.kind = corpus.vocabulary->kind();
    vocabulary.size = corpus.vocabulary->size();
    const auto model = draft.make_model([&](toml::table& section) {
      return models::make_model<nn::SequenceModel>(section, {0, vocabulary.size});
    });
    draft.about().insert_or_assign("vocabulary", vocabulary.size);
    return draft.finish(make_language_objective(model, corpus, options, draft.seed(), device),
                        language_data_card(corpus));
  }

  void inherit(toml::table& config, const Trained<torch::nn::Module>& from) const override {
    keep_vocabulary(config, from.folder);
  }
  void resume(toml::table& config, const std::filesystem::path& run) const override {
    keep_vocabulary(config, run);
  }

  std::shared_ptr<torch::nn::Module> make_module(const toml::table& config,
                                                 const std::string& place) const override {
    const int64_t vocabulary = config["about"]["vocabulary"].value_or(int64_t{0});
    if (vocabulary <= 0)
      throw Error(ErrorKind::kCheckpoint, "does not describe a model: about.vocabulary is missing", place);
    toml::table section = config_section(config, "model");
    return models::make_model<nn::SequenceModel>(section, {0, vocabulary});
  }

  std::unique_ptr<TaskModel> open_model(Trained<torch::nn::Module> trained) const override {
    return std::make_unique<LanguageModel>(std::move(trained));
  }

  const std::vector<Action>& actions() const override {
    static const std::vector<Action> actions{prepare_language_action(), evaluate_language_action(),
                                             generate_language_action()};
    return actions;
  }

 private:
  /// A trained model keeps its vocabulary.
  static void keep_vocabulary(toml::table& config, const std::filesystem::path& folder) {
    set_string(config, "vocabulary", "file", config_text(std::filesystem::absolute(folder)));
  }
};

}  // namespace

const Task& language_task() {
  static const LanguageTask task;
  return task;
}

}  // namespace heed::tasks
