// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "heed/tasks/run.h"

namespace heed::tasks {

/// Opens a training run on sentence pairs: reads them, learns the vocabulary or takes what there is, makes
/// model and objective, resolves the config.
Run open_translation_run(const toml::table& config, const std::vector<std::filesystem::path>& data,
                         at::Device device);
std::shared_ptr<torch::nn::Module> make_translation_module(const toml::table& config,
                                                           const std::string& place);
std::string translation_data_help();

}  // namespace heed::tasks
