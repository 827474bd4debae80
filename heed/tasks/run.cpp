// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/run.h"

#include <cstdlib>
#include <set>

#include <ATen/Context.h>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/tasks/image/image_task.h"
#include "heed/tasks/music/music_task.h"
#include "heed/tasks/translation/translation_task.h"
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
  std::set<std::string> names;  // two of the folders may be one
  for (const auto& folder : folders) {
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const bool wanted = extension.empty() ? fs::exists(entry.path() / "config.toml")
                                            : entry.path().extension() == extension;
      if (wanted) names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
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
  static const std::vector<TaskKind> tasks{
      {"music", {"data"}, open_music_run, make_music_module, music_data_help},
      {"translation",
       {"data", "vocabulary", "decoding"},
       open_translation_run,
       make_translation_module,
       translation_data_help},
      {"image", {"data"}, open_image_run, make_image_module, image_data_help}};
  return tasks;
}

namespace {

const TaskKind& task_named(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& task : task_list()) {
    if (task.name == name) return task;
    names.push_back(task.name);
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("task", name, names));
}

const TaskKind& task_of(const toml::table& config) {
  if (config.contains("task") && !config["task"].is_string())
    throw Error(ErrorKind::kConfig, "'task' must be a string", "config");
  return task_named(config["task"].value_or(std::string("music")));
}

}  // namespace

Run open_run(const toml::table& config, const std::vector<fs::path>& data, at::Device device) {
  const TaskKind& task = task_of(config);
  std::vector<std::string> sections{"task", "about", "model", "training"};
  sections.insert(sections.end(), task.sections.begin(), task.sections.end());
  for (const auto& [key, node] : config) {
    if (std::find(sections.begin(), sections.end(), key.str()) == sections.end()) {
      throw Error(ErrorKind::kConfig, unknown_name_message("section", key.str(), sections), "config");
    }
  }
  return task.open(config, data, device);
}

toml::table config_section(const toml::table& config, const std::string& name) {
  if (!config.contains(name)) return {};
  const toml::table* table = config.get_as<toml::table>(name);
  if (table == nullptr) throw Error(ErrorKind::kConfig, "[" + name + "] must be a table", "config");
  return *table;
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

std::string task_of_model(const std::string& name) {
  return task_of(read_toml(find_model(name) / "config.toml")).name;
}

Trained<torch::nn::Module> load_module(const std::string& name, at::Device device,
                                       const std::string& attention_backend) {
  Trained<torch::nn::Module> trained;
  trained.folder = find_model(name);
  const std::string place = (trained.folder / "config.toml").string();
  trained.config = read_toml(place);
  toml::table* section = trained.config.get_as<toml::table>("model");
  if (section == nullptr)
    throw Error(ErrorKind::kCheckpoint, "describes no model: [model] is missing", place);
  if (!fs::exists(trained.folder / "model.safetensors")) {
    throw Error(ErrorKind::kCheckpoint, "has no weights yet: let it validate once (heed train --resume)",
                trained.folder.string());
  }
  if (!attention_backend.empty()) section->insert_or_assign("attention_backend", attention_backend);
  trained.model = task_of(trained.config).make_module(trained.config, place);
  training::load_weights(*trained.model, trained.folder / "model.safetensors");
  trained.model->to(device);
  trained.model->eval();
  return trained;
}

namespace {

/// What a model of a task is, and which verb it serves.
std::string description(const std::string& task) {
  if (task == "translation") return "is a translation model: use heed translate";
  return std::string(task == "image" ? "is an image model" : "is a music model") + ": use heed generate";
}

template <class Model>
Trained<Model> of_kind(Trained<torch::nn::Module> any) {
  auto model = std::dynamic_pointer_cast<Model>(any.model);
  if (model == nullptr) {
    throw Error(ErrorKind::kUsage, description(any.config["task"].value_or(std::string("music"))),
                any.folder.string());
  }
  return {std::move(any.folder), std::move(any.config), std::move(model)};
}

}  // namespace

TrainedModel load_model(const std::string& name, at::Device device, const std::string& attention_backend) {
  return of_kind<nn::SequenceModel>(load_module(name, device, attention_backend));
}

TrainedTranslator load_translator(const std::string& name, at::Device device,
                                  const std::string& attention_backend) {
  return of_kind<nn::SequenceToSequenceModel>(load_module(name, device, attention_backend));
}

TrainedImageModel load_image_model(const std::string& name, at::Device device,
                                   const std::string& attention_backend) {
  return of_kind<nn::ImageModel>(load_module(name, device, attention_backend));
}

at::Device parse_device(const std::string& name) {
  try {
    const at::Device device(name);
    if (device.is_cpu() || (device.is_cuda() && at::hasCUDA())) return device;
  } catch (const c10::Error&) {
    throw Error(ErrorKind::kUsage, "'" + name + "' is no device; cpu and cuda are known", "--device");
  }
  throw Error(ErrorKind::kUsage,
              "'" + name + "' is not available: this libtorch has no such device, or there is no driver",
              "--device");
}

}  // namespace heed::tasks
