// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_task.h"

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/models/registry.h"
#include "heed/tasks/music/music_actions.h"
#include "heed/tasks/music/music_model.h"
#include "heed/tasks/music/music_objective.h"
#include "heed/tasks/music/note_limits.h"
#include "heed/tasks/presets.h"

namespace heed::tasks {
namespace {

std::string corpus_line(const music::Corpus& corpus) {
  std::string line = std::string("music (") + corpus.encoding->name() + "):";
  for (const auto& [split, pieces] : corpus.splits) {
    line += " " + split + " " + std::to_string(pieces.size()) + " pieces, " +
            std::to_string(corpus.tokens(split)) + " tokens;";
  }
  line.pop_back();
  return line;
}

void check_corpus(const music::Corpus& corpus, const MusicDataOptions& options) {
  if (corpus.splits.count("valid") == 0)
    throw Error(ErrorKind::kData,
                "training needs at least two pieces, one of them to validate on; add music");
  const auto period = corpus.encoding->period();
  if (options.crop <= period) {
    throw Error(ErrorKind::kConfig,
                "'crop' must be more than one step of " + std::to_string(period) + " tokens", "[data]");
  }
  music::warn_of_little_music(corpus);
}

std::shared_ptr<const music::Corpus> read_training_corpus(const Paths& data, MusicDataOptions& options) {
  music::CorpusOptions corpus_options;
  corpus_options.encoding = options.encoding;
  auto corpus = std::make_shared<const music::Corpus>(music::read_corpus(data, corpus_options));
  options.encoding = corpus->encoding->name();
  check_corpus(*corpus, options);
  inform(corpus_line(*corpus));
  return corpus;
}

class MusicTask : public Task {
 public:
  std::string name() const override { return "music"; }
  std::string noun() const override { return "a music model"; }

  std::string config_help() const override {
    MusicDataOptions options;
    return "[data], task music\n" + describe_fields(fields(options)) + "\n" +
           models::describe_kinds<nn::SequenceModel>();
  }

  TrainingRun open(const toml::table& config, const Paths& data, at::Device device) const override {
    RunDraft draft(config, device);
    MusicDataOptions options;
    draft.read("data", fields(options));
    const auto corpus = read_training_corpus(data, options);
    const auto vocabulary = static_cast<int64_t>(corpus->encoding->vocabulary_size());
    const auto model = draft.make_model([&](toml::table& section) {
      return models::make_model<nn::SequenceModel>(section, {0, vocabulary});
    });
    if (options.packing && draft.model()["kind"].value_or(std::string()) == "lstm") {
      throw Error(ErrorKind::kConfig,
                  "'packing' does not work with the LSTM: its state would leak from piece to piece",
                  "[data]");
    }
    draft.about().insert_or_assign("vocabulary", vocabulary);
    if (const auto limits = measure_note_limits(*corpus))
      draft.about().insert_or_assign("notes", note_limits_table(*limits));
    return draft.finish(make_music_objective(model, corpus, options, draft.seed(), device),
                        music_data_card(*corpus));
  }

  void inherit(toml::table& config, const Trained<torch::nn::Module>& from) const override {
    set_string(config, "data", "encoding", from.config["data"]["encoding"].value_or(std::string()));
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
    return std::make_unique<MusicModel>(std::move(trained));
  }

  const std::vector<Action>& actions() const override {
    static const std::vector<Action> actions{prepare_music_action(), evaluate_music_action(),
                                             generate_music_action(), inspect_music_attention_action(),
                                             inspect_music_positions_action()};
    return actions;
  }
};

}  // namespace

const Task& music_task() {
  static const MusicTask task;
  return task;
}

}  // namespace heed::tasks
