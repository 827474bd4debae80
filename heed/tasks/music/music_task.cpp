// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_task.h"

#include <ATen/Context.h>

#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/models/registry.h"
#include "heed/tasks/music/music_objective.h"

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

}  // namespace

Run open_music_run(const toml::table& config, const std::vector<std::filesystem::path>& data,
                   at::Device device) {
  MusicDataOptions options;
  Run run;
  read_fields(config_section(config, "data"), "[data]", fields(options));
  read_fields(config_section(config, "training"), "[training]", training::fields(run.training));
  music::CorpusOptions corpus_options;
  corpus_options.encoding = options.encoding;
  auto corpus = std::make_shared<music::Corpus>(music::read_corpus(data, corpus_options));
  options.encoding = corpus->encoding->name();
  if (corpus->splits.count("valid") == 0) {
    throw Error(ErrorKind::kData,
                "training needs two pieces at least, one of them to validate on; add music");
  }
  if (options.crop <= corpus->encoding->period()) {
    throw Error(
        ErrorKind::kConfig,
        "'crop' must be more than one step of " + std::to_string(corpus->encoding->period()) + " tokens",
        "[data]");
  }
  music::warn_of_little_music(*corpus);
  inform(corpus_line(*corpus));

  at::manual_seed(static_cast<uint64_t>(run.training.seed));
  toml::table model = config_section(config, "model");
  const auto network = models::make_model(model, corpus->encoding->vocabulary_size());
  if (options.packing && model["kind"].value_or(std::string()) == "lstm") {
    throw Error(ErrorKind::kConfig, "'packing' is not for the LSTM: its state would leak from piece to piece",
                "[data]");
  }
  network->to(device);
  run.objective =
      make_music_objective(network, corpus, options, static_cast<uint64_t>(run.training.seed), device);

  run.data_card = music_data_card(*corpus);
  toml::table about = config_section(config, "about");
  about.insert_or_assign("vocabulary", static_cast<int64_t>(corpus->encoding->vocabulary_size()));
  run.config.insert("task", "music");
  run.config.insert("about", about);
  run.config.insert("data", write_fields(fields(options)));
  run.config.insert("model", model);
  run.config.insert("training", write_fields(training::fields(run.training)));
  return run;
}

std::shared_ptr<torch::nn::Module> make_music_module(const toml::table& config, const std::string& place) {
  const int64_t vocabulary = config["about"]["vocabulary"].value_or(int64_t{0});
  if (vocabulary <= 0)
    throw Error(ErrorKind::kCheckpoint, "describes no model: about.vocabulary is needed", place);
  toml::table section = config_section(config, "model");
  return models::make_model(section, vocabulary);
}

std::string music_data_help() {
  MusicDataOptions options;
  return "[data], task music\n" + describe_fields(fields(options));
}

std::shared_ptr<const music::Encoding> music_encoding(const TrainedModel& trained) {
  const auto name = trained.config["data"]["encoding"].value<std::string>();
  if (trained.config["task"].value_or(std::string()) != "music" || !name) {
    throw Error(ErrorKind::kCheckpoint, "is not a model of music", trained.folder.string());
  }
  return music::make_encoding(*name);
}

music::Corpus read_corpus_for(const TrainedModel& trained, const std::vector<std::filesystem::path>& data) {
  music::CorpusOptions options;
  options.encoding = music_encoding(trained)->name();
  return music::read_corpus(data, options);
}

}  // namespace heed::tasks
