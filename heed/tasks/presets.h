// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <toml++/toml.h>

namespace heed::tasks {

/// The config of a run: preset or file, then assignments such as "model.d_model=256". `preset` is a path, else a name
/// searched in $HEED_PRESET_PATH, ./presets and the installed share folder; empty: assignments alone. Throws
/// Error(kConfig) naming the nearest preset.
toml::table load_config(const std::string& preset, const std::vector<std::string>& assignments);

/// A section of a config, empty when it is absent. Throws Error(kConfig) when it is not a table.
toml::table config_section(const toml::table& config, const std::string& name);

/// Folders in which presets or models are searched, best first. `what` is "presets" or "models".
std::vector<std::filesystem::path> share_folders(const std::string& what);

/// Names of the presets or models in those folders, sorted.
std::vector<std::string> shared_names(const std::string& what);

}  // namespace heed::tasks
