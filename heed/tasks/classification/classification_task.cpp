// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/classification/classification_task.h"

#include <algorithm>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/path_text.h"
#include "heed/data/text/counts.h"
#include "heed/models/registry.h"
#include "heed/tasks/classification/classification_actions.h"
#include "heed/tasks/classification/classification_objective.h"
#include "heed/tasks/classification/classifier.h"
#include "heed/tasks/presets.h"

namespace heed::tasks {
namespace {

constexpr int64_t kMarks = 2;  ///< delimiter and classify, after the tokens of the language model

/// Tokens of the language model that a run begins with; 0: it begins with none.
int64_t base_rows(const toml::table& config) {
  return config["about"]["base_vocabulary"].value_or(int64_t{0});
}

std::shared_ptr<models::SequenceClassifier> make_classifier(toml::table& section, int64_t rows,
                                                            int64_t classes, double dropout) {
  auto trunk = models::make_model<nn::SequenceModel>(section, {0, rows});
  return std::make_shared<models::SequenceClassifier>(std::move(trunk), classes, dropout);
}

void say_what_is_cut(const ClassificationCorpus& corpus, int64_t max_tokens) {
  const auto& train = corpus.split("train");
  const auto cut =
      std::count_if(train.begin(), train.end(), [&](const auto& text) { return is_cut(text, max_tokens); });
  if (cut == 0) return;
  inform(text::grouped(cut) + " of " + text::grouped(std::ssize(train)) + " texts are cut to " +
         std::to_string(max_tokens) + " tokens (data.max_tokens)");
}

toml::array names_of(const std::vector<std::string>& classes) {
  toml::array names;
  for (const auto& name : classes) names.push_back(name);
  return names;
}

class ClassificationTask : public Task {
 public:
  std::string name() const override { return "classification"; }
  std::string noun() const override { return "a classifier of texts"; }
  std::vector<std::string> sections() const override { return {"data", "vocabulary"}; }

  std::string config_help() const override {
    ClassificationDataOptions data;
    text::TextVocabularyOptions vocabulary;
    return "[data], task classification\n" + describe_fields(fields(data)) +
           "\n[vocabulary], task classification\n" + describe_fields(text::fields(vocabulary)) + "\n" +
           models::describe_kinds<nn::SequenceModel>();
  }

  TrainingRun open(const toml::table& config, const Paths& data, at::Device device) const override {
    RunDraft draft(config, device);
    ClassificationDataOptions options;
    text::TextVocabularyOptions vocabulary;
    draft.read("data", fields(options));
    draft.read("vocabulary", text::fields(vocabulary));
    std::vector<std::string> classes;
    if (config["about"]["classes"].is_array()) classes = classes_of(config, "[about]");
    const auto corpus = std::make_shared<const ClassificationCorpus>(
        read_classification(data, options, vocabulary, classes, draft.seed()));
    inform(corpus_line(*corpus));
    const int64_t rows = std::max<int64_t>(corpus->vocabulary->size(), base_rows(config)) + kMarks;
    const auto model = draft.make_model([&](toml::table& section) {
      return make_classifier(section, rows, std::ssize(corpus->classes), options.dropout);
    });
    const int64_t longest = model->trunk().max_length();
    if (longest > 0) options.max_tokens = std::min(options.max_tokens, longest);
    say_what_is_cut(*corpus, options.max_tokens);
    draft.about().insert_or_assign("vocabulary", rows);
    draft.about().insert_or_assign("classes", names_of(corpus->classes));
    const auto marks = classifier_marks(*corpus->vocabulary, rows);
    return draft.finish(
        std::make_unique<ClassificationObjective>(model, corpus, options, marks, draft.seed(), device),
        classification_card(*corpus));
  }

  bool begins_with(const Task& other) const override {
    return other.name() == name() || other.name() == "language";
  }
  /// Keeps the vocabulary, and the classes of a classifier.
  void inherit(toml::table& config, const Trained<torch::nn::Module>& from) const override {
    keep_vocabulary(config, from.folder);
    const int64_t rows = from.config["about"]["vocabulary"].value_or(int64_t{0});
    const bool classifier = from.config["task"].value_or(std::string()) == name();
    toml::table about{{"base_vocabulary", rows - (classifier ? kMarks : 0)}};
    if (classifier)
      about.insert("classes", names_of(classes_of(from.config, (from.folder / "config.toml").string())));
    merge_toml(config, toml::table{{"about", about}});
  }
  training::WeightTransfer transfer(const toml::table& from, const toml::table& config) const override {
    training::WeightTransfer transfer;
    if (from["task"].value_or(std::string()) == name()) return transfer;
    transfer.rules = {{"", "trunk."}};
    transfer.complete = false;
    transfer.old_rows = from["about"]["vocabulary"].value_or(int64_t{0});
    transfer.new_rows = config["about"]["vocabulary"].value_or(int64_t{0});
    return transfer;
  }
  void resume(toml::table& config, const std::filesystem::path& run) const override {
    keep_vocabulary(config, run);
  }

  std::shared_ptr<torch::nn::Module> make_module(const toml::table& config,
                                                 const std::string& place) const override {
    const int64_t rows = config["about"]["vocabulary"].value_or(int64_t{0});
    if (rows <= kMarks)
      throw Error(ErrorKind::kCheckpoint, "does not describe a model: about.vocabulary is missing", place);
    toml::table section = config_section(config, "model");
    return make_classifier(section, rows, std::ssize(classes_of(config, place)), 0);
  }
  std::unique_ptr<TaskModel> open_model(Trained<torch::nn::Module> trained) const override {
    return std::make_unique<Classifier>(std::move(trained));
  }

  const std::vector<Action>& actions() const override {
    static const std::vector<Action> actions{evaluate_classification_action(),
                                             predict_classification_action()};
    return actions;
  }

 private:
  static void keep_vocabulary(toml::table& config, const std::filesystem::path& folder) {
    set_string(config, "vocabulary", "file", config_text(std::filesystem::absolute(folder)));
  }
};

}  // namespace

const Task& classification_task() {
  static const ClassificationTask task;
  return task;
}

}  // namespace heed::tasks
