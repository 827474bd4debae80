// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/language_task.h"

#include <algorithm>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/path_text.h"
#include "heed/models/registry.h"
#include "heed/tasks/language/language_actions.h"
#include "heed/tasks/language/language_data.h"
#include "heed/tasks/language/language_model.h"
#include "heed/tasks/language/pair_data.h"
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
    if (options.pairs()) return open_pairs(draft, config, data, options, vocabulary);
    const auto corpus = text::read_language_corpus(data, options.corpus, vocabulary);
    check_text(corpus, data);
    inform(corpus_line(corpus));
    vocabulary.kind = corpus.vocabulary->kind();
    vocabulary.size = corpus.vocabulary->size();
    const int64_t rows = std::max(vocabulary.size, base_rows(config));
    const auto model = make_model(draft, rows);
    draft.about().insert_or_assign("vocabulary", rows);
    return draft.finish(make_language_objective(model, corpus, options, draft.seed(), device),
                        language_data_card(corpus));
  }

  void inherit(toml::table& config, const Trained<torch::nn::Module>& from) const override {
    keep_vocabulary(config, from.folder);
    const int64_t separator = from.config["about"]["pairs"].value_or(false) ? 1 : 0;
    const int64_t rows = from.config["about"]["vocabulary"].value_or(int64_t{0});
    merge_toml(config, toml::table{{"about", toml::table{{"base_vocabulary", rows - separator}}}});
  }
  /// The separator of pairs is one more row than the model of text has.
  training::WeightTransfer transfer(const toml::table& from, const toml::table& config) const override {
    return {.old_rows = from["about"]["vocabulary"].value_or(int64_t{0}),
            .new_rows = config["about"]["vocabulary"].value_or(int64_t{0})};
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
                                             generate_language_action(), inspect_language_attention_action(),
                                             inspect_language_surprise_action()};
    return actions;
  }

 private:
  /// Outputs of the language model that a run starts from, which may be more than its tokens; 0: there is none.
  static int64_t base_rows(const toml::table& config) {
    return config["about"]["base_vocabulary"].value_or(int64_t{0});
  }
  static std::shared_ptr<nn::SequenceModel> make_model(RunDraft& draft, int64_t rows) {
    return draft.make_model([&](toml::table& section) {
      return models::make_model<nn::SequenceModel>(section, {0, rows});
    });
  }
  static TrainingRun open_pairs(RunDraft& draft, const toml::table& config, const Paths& data,
                                LanguageDataOptions& options, text::TextVocabularyOptions& vocabulary) {
    const auto corpus = std::make_shared<const PairCorpus>(read_pair_corpus(data, options, vocabulary));
    inform(corpus_line(*corpus));
    const int64_t rows = std::max(vocabulary.size, base_rows(config)) + 1;
    const auto model = make_model(draft, rows);
    const int64_t longest = model->max_length();
    if (longest > 0) options.crop = std::min(options.crop, longest);
    draft.about().insert_or_assign("vocabulary", rows);
    draft.about().insert_or_assign("pairs", true);
    const PairMarks marks{corpus->vocabulary->end_of_text(), static_cast<int32_t>(rows - 1)};
    return draft.finish(make_pair_objective(model, corpus, options, marks, draft.seed(), draft.device()),
                        pair_data_card(*corpus));
  }
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
