// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "heed/data/music/corpus.h"
#include "heed/tasks/run.h"

namespace heed::tasks {

/// Opens a training run on music: reads the corpus, makes model and objective, resolves the config.
Run open_music_run(const toml::table& config, const std::vector<std::filesystem::path>& data,
                   at::Device device);
std::shared_ptr<torch::nn::Module> make_music_module(const toml::table& config, const std::string& place);
std::string music_data_help();

/// The encoding a trained model was made for; Error(kCheckpoint) when it is no model of music.
std::shared_ptr<const music::Encoding> music_encoding(const TrainedModel& trained);

/// Reads data in the encoding of a trained model.
music::Corpus read_corpus_for(const TrainedModel& trained, const std::vector<std::filesystem::path>& data);

}  // namespace heed::tasks
