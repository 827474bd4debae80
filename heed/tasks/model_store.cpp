// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/model_store.h"

#include "heed/core/config.h"
#include "heed/core/crc32c.h"
#include "heed/core/files.h"
#include "heed/core/mapped_file.h"
#include "heed/core/names.h"
#include "heed/core/path_text.h"
#include "heed/tasks/presets.h"
#include "heed/tasks/task_list.h"
#include "heed/training/lora.h"
#include "heed/training/run_folder.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

void set_weights(torch::nn::Module& model, const LoadOptions& options) {
  if (options.weights == nn::WeightType::kFloat32) return;
  if (!options.device.is_cpu()) {
    throw Error(ErrorKind::kUsage, nn::weight_type_name(options.weights) + " works on the CPU only",
                FieldName{"weights"});
  }
  nn::set_weight_type(model, options.weights);
}

/// Throws Error(kCheckpoint) when the folder does not describe a model or has no weights.
void check_trained(const fs::path& folder, const toml::table& config) {
  if (config.get_as<toml::table>("model") == nullptr)
    throw Error(ErrorKind::kCheckpoint, "does not describe a model: [model] is missing",
                (folder / "config.toml").string());
  if (!fs::exists(folder / "model.safetensors") && !fs::exists(folder / "adapter.safetensors")) {
    throw Error(ErrorKind::kCheckpoint,
                "has no weights yet: a run writes them when it first validates; resume it", folder.string());
  }
}

/// Loads the weights of a folder; adapters are merged into those of their base.
void load_weights_of(torch::nn::Module& model, const fs::path& folder, const toml::table& config) {
  const fs::path adapters = folder / "adapter.safetensors";
  if (!fs::exists(adapters)) return training::load_weights(model, folder / "model.safetensors");
  training::LoraOptions lora;
  read_fields(config_section(config, "lora"), "[lora]", training::fields(lora));
  if (!lora.on())
    throw Error(ErrorKind::kCheckpoint, "has adapters, but its config has no [lora] rank", folder.string());
  const fs::path base = adapter_base(config, folder);
  const auto transfer = task_of(config).transfer(read_toml(base / "config.toml"), config);
  training::transfer_weights(model, Safetensors::read(base / "model.safetensors"), transfer);
  training::merge_adapters(model, Safetensors::read(adapters), lora.scale());
}

}  // namespace

int64_t weights_checksum(const fs::path& model) {
  return crc32c(MappedFile(model / "model.safetensors", ErrorKind::kCheckpoint).bytes());
}

fs::path adapter_base(const toml::table& config, const fs::path& run) {
  const auto init = config["about"]["init"].value<std::string>();
  if (!init) throw Error(ErrorKind::kCheckpoint, "has adapters, but about.init names no model", run.string());
  const fs::path base = config_path(*init);
  if (!fs::exists(base / "model.safetensors"))
    throw Error(ErrorKind::kCheckpoint, "the model that its adapters belong to is gone: " + base.string(),
                run.string());
  if (config["about"]["init_crc32c"].value<int64_t>() != weights_checksum(base)) {
    throw Error(ErrorKind::kCheckpoint,
                "its adapters were trained with other weights than those that are now in " + base.string(),
                run.string());
  }
  return base;
}

void forget_paths(const fs::path& model) {
  toml::table config = read_toml(model / "config.toml");
  if (toml::table* about = config.get_as<toml::table>("about")) {
    for (const char* name : {"data_paths", "init", "init_crc32c"}) about->erase(name);
  }
  if (toml::table* vocabulary = config.get_as<toml::table>("vocabulary")) vocabulary->erase("file");
  write_atomically(model / "config.toml", format_toml(config));
}

fs::path find_model(const std::string& name) {
  if (name.empty()) throw Error(ErrorKind::kUsage, "must not be empty", FieldName{"model"});
  if (fs::exists(fs::path(name) / "config.toml")) return name;
  for (const auto& folder : share_folders("models")) {
    if (fs::exists(folder / name / "config.toml")) return folder / name;
  }
  if (fs::is_directory(name))
    throw Error(ErrorKind::kCheckpoint, "is not a run folder: it has no config.toml", name);
  const auto names = shared_names("models");
  throw Error(ErrorKind::kUsage,
              (names.empty() ? "unknown model '" + name + "'" : unknown_name_message("model", name, names)) +
                  ". A model is a run folder, or a name found in $HEED_MODEL_PATH, ./models or the installed "
                  "share folder");
}

const Task& task_of_model(const std::string& name) {
  return task_of(read_toml(find_model(name) / "config.toml"));
}

Trained<torch::nn::Module> load_module(const std::string& name, const LoadOptions& options) {
  Trained<torch::nn::Module> trained;
  trained.folder = find_model(name);
  const std::string place = (trained.folder / "config.toml").string();
  trained.config = read_toml(place);
  check_trained(trained.folder, trained.config);
  if (!options.attention_backend.empty())
    trained.config.get_as<toml::table>("model")->insert_or_assign("attention_backend",
                                                                  options.attention_backend);
  trained.model = task_of(trained.config).make_module(trained.config, place);
  load_weights_of(*trained.model, trained.folder, trained.config);
  trained.model->to(options.device);
  trained.model->eval();
  set_weights(*trained.model, options);
  return trained;
}

std::shared_ptr<const TaskModel> open_model(const std::string& name, const LoadOptions& options) {
  auto trained = load_module(name, options);
  const Task& task = task_of(trained.config);
  return task.open_model(std::move(trained));
}

}  // namespace heed::tasks
