// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/presets.h"

#include <cstdlib>
#include <set>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/names.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

/// Adds the folders of a variable such as PATH.
void add_path_list(std::vector<fs::path>& folders, const char* variable) {
  const char* list = std::getenv(variable);
  for (std::string rest = list != nullptr ? list : ""; !rest.empty();) {
    const size_t colon = rest.find(':');
    if (colon != 0) folders.emplace_back(rest.substr(0, colon));
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
}

fs::path find_preset(const std::string& name) {
  if (fs::is_regular_file(name)) return name;
  for (const auto& folder : share_folders("presets")) {
    if (fs::is_regular_file(folder / (name + ".toml"))) return folder / (name + ".toml");
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("preset", name, shared_names("presets")));
}

}  // namespace

std::vector<fs::path> share_folders(const std::string& what) {
  std::vector<fs::path> folders;
  add_path_list(folders, what == "models" ? "HEED_MODEL_PATH" : "HEED_PRESET_PATH");
  folders.emplace_back(what);
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  if (code) return folders;
  const fs::path prefix = program.parent_path().parent_path();
  folders.push_back(prefix / "share" / "heed" / what);  // installed: bin/heed
  folders.push_back(prefix.parent_path() / what);       // build/release/heed in the source tree
  return folders;
}

std::vector<std::string> shared_names(const std::string& what) {
  std::set<std::string> names;  // one folder may be listed twice
  for (const auto& folder : share_folders(what)) {
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const bool wanted =
          what == "models" ? fs::exists(entry.path() / "config.toml") : entry.path().extension() == ".toml";
      if (wanted) names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

toml::table load_config(const std::string& preset, const std::vector<std::string>& assignments) {
  toml::table config;
  if (!preset.empty()) merge_toml(config, read_toml(find_preset(preset)));
  for (const auto& assignment : assignments) set_toml(config, assignment);
  return config;
}

toml::table config_section(const toml::table& config, const std::string& name) {
  if (!config.contains(name)) return {};
  const toml::table* table = config.get_as<toml::table>(name);
  if (table == nullptr) throw Error(ErrorKind::kConfig, "[" + name + "] must be a table", "config");
  return *table;
}

}  // namespace heed::tasks
