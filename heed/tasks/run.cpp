// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/run.h"

#include <cstdlib>

#include <ATen/Context.h>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/models/registry.h"
#include "heed/tasks/music/music_task.h"
#include "heed/training/run_folder.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

void add_path_list(std::vector<fs::path>& folders, const char* variable) {
  const char* list = std::getenv(variable);
  for (std::string rest = list != nullptr ? list : ""; !rest.empty();) {
    const size_t colon = rest.find(':');
    if (colon != 0) folders.emplace_back(rest.substr(0, colon));
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
}

std::vector<std::string> names_in(const std::vector<fs::path>& folders, const std::string& extension) {
  std::vector<std::string> names;
  for (const auto& folder : folders) {
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const bool wanted = extension.empty() ? fs::exists(entry.path() / "config.toml")
                                            : entry.path().extension() == extension;
      if (wanted) names.push_back(entry.path().stem().string());
    }
  }
  return names;
}

fs::path find_preset(const std::string& name) {
  if (fs::is_regular_file(name)) return name;
  const auto folders = share_folders("presets");
  for (const auto& folder : folders) {
    if (fs::is_regular_file(folder / (name + ".toml"))) return folder / (name + ".toml");
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("preset", name, names_in(folders, ".toml")));
}

}  // namespace

std::vector<fs::path> share_folders(const std::string& what) {
  std::vector<fs::path> folders;
  add_path_list(folders, what == "models" ? "HEED_MODEL_PATH" : "HEED_PRESET_PATH");
  folders.emplace_back(what);
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  if (code) return folders;
  folders.push_back(program.parent_path().parent_path() / "share" / "heed" / what);  // installed: bin/heed
  folders.push_back(program.parent_path().parent_path().parent_path() /
                    what);  // build/release/heed in the source tree
  return folders;
}

toml::table load_config(const std::string& preset, const std::vector<std::string>& assignments) {
  toml::table config;
  if (!preset.empty()) merge_toml(config, read_toml(find_preset(preset)));
  for (const auto& assignment : assignments) set_toml(config, assignment);
  return config;
}

const std::vector<TaskKind>& task_list() {
  static const std::vector<TaskKind> tasks{{"music", open_music_run, music_data_help}};
  return tasks;
}

Run open_run(const toml::table& config, const std::vector<fs::path>& data, at::Device device) {
  if (config.contains("task") && !config["task"].is_string())
    throw Error(ErrorKind::kConfig, "'task' must be a string", "config");
  const std::string name = config["task"].value_or(std::string("music"));
  std::vector<std::string> names;
  for (const auto& task : task_list()) names.push_back(task.name);
  for (const auto& [key, node] : config) {
    const std::vector<std::string> sections{"task", "about", "data", "model", "training"};
    if (std::find(sections.begin(), sections.end(), key.str()) == sections.end()) {
      throw Error(ErrorKind::kConfig, unknown_name_message("section", key.str(), sections), "config");
    }
  }
  for (const auto& task : task_list()) {
    if (task.name == name) return task.open(config, data, device);
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("task", name, names));
}

fs::path find_model(const std::string& name) {
  if (fs::exists(fs::path(name) / "config.toml")) return name;
  const auto folders = share_folders("models");
  for (const auto& folder : folders) {
    if (fs::exists(folder / name / "config.toml")) return folder / name;
  }
  if (fs::is_directory(name))
    throw Error(ErrorKind::kCheckpoint, "is no run folder: it has no config.toml", name);
  const auto names = names_in(folders, "");
  throw Error(ErrorKind::kUsage,
              (names.empty() ? "unknown model '" + name + "'" : unknown_name_message("model", name, names)) +
                  ". A model is a run folder, or a name found in $HEED_MODEL_PATH, ./models or the installed "
                  "share folder");
}

TrainedModel load_model(const std::string& name, at::Device device, const std::string& attention_backend) {
  TrainedModel trained;
  trained.folder = find_model(name);
  trained.config = read_toml(trained.folder / "config.toml");
  const int64_t vocabulary = trained.config["about"]["vocabulary"].value_or(int64_t{0});
  toml::table* section = trained.config.get_as<toml::table>("model");
  if (section == nullptr || vocabulary <= 0) {
    throw Error(ErrorKind::kCheckpoint, "describes no model: [model] and about.vocabulary are needed",
                (trained.folder / "config.toml").string());
  }
  if (!fs::exists(trained.folder / "model.safetensors")) {
    throw Error(ErrorKind::kCheckpoint, "has no weights yet: let it validate once (heed train --resume)",
                trained.folder.string());
  }
  if (!attention_backend.empty()) section->insert_or_assign("attention_backend", attention_backend);
  trained.model = models::make_model(*section, vocabulary);
  training::load_weights(*trained.model, trained.folder / "model.safetensors");
  trained.model->to(device);
  trained.model->eval();
  return trained;
}

at::Device parse_device(const std::string& name) {
  try {
    const at::Device device(name);
    if (device.is_cpu() || (device.is_cuda() && at::hasCUDA())) return device;
  } catch (const c10::Error&) {
    throw Error(ErrorKind::kUsage, "'" + name + "' is no device; cpu and cuda are known", "--device");
  }
  throw Error(ErrorKind::kUsage,
              "'" + name + "' is not to be had here: this libtorch has no such device, or no driver",
              "--device");
}

}  // namespace heed::tasks
