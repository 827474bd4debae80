// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include <ATen/core/Tensor.h>

#include "heed/nn/image_model.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/sequence_to_sequence.h"
#include "heed/training/objective.h"
#include "heed/training/options.h"

namespace heed::tasks {

/// Default < preset or file < --set. `preset` is a path, else a name searched in $HEED_PRESET_PATH, ./presets
/// and the installed share folder; empty: defaults alone. Throws Error(kConfig) naming the nearest preset.
toml::table load_config(const std::string& preset, const std::vector<std::string>& assignments);

/// Everything a training run needs, made from its config and data. `config` is resolved: every field, ready
/// to be stored.
struct Run {
  toml::table config;
  training::TrainingOptions training;
  std::unique_ptr<training::Objective> objective;
  toml::table data_card;  ///< what the data is, with a checksum: stored in the run folder as data.toml
};

/// What a task offers the program. A new task adds a folder and a line in `task_list`.
struct TaskKind {
  std::string name;
  std::vector<std::string> sections;  ///< of its configs, besides about, model and training
  Run (*open)(const toml::table& config, const std::vector<std::filesystem::path>& data, at::Device device);
  /// The model that the config of a trained one describes, without its weights.
  std::shared_ptr<torch::nn::Module> (*make_module)(const toml::table& config, const std::string& place);
  std::string (*help)();  ///< the fields of its sections
};
const std::vector<TaskKind>& task_list();

/// Opens the task that config names in `task`. Seeds torch's generator from [training] seed before making the
/// model.
Run open_run(const toml::table& config, const std::vector<std::filesystem::path>& data, at::Device device);

/// Where `name` leads: a run folder, else a name searched in $HEED_MODEL_PATH, ./models and the installed
/// share folder. Throws Error(kUsage) naming the nearest of the models there are.
std::filesystem::path find_model(const std::string& name);

/// The task of the model that `name` leads to, such as "music".
std::string task_of_model(const std::string& name);

/// A trained model in eval mode.
template <class Model>
struct Trained {
  std::filesystem::path folder;
  toml::table config;
  std::shared_ptr<Model> model;
};
using TrainedModel = Trained<nn::SequenceModel>;
using TrainedTranslator = Trained<nn::SequenceToSequenceModel>;
using TrainedImageModel = Trained<nn::ImageModel>;

/// A model of any task. `attention_backend` replaces the one in the model's config, and in the config that is
/// returned; empty: does not.
Trained<torch::nn::Module> load_module(const std::string& name, at::Device device,
                                       const std::string& attention_backend = "");
/// The same for one kind of model; Error(kUsage) when it is of another, naming the verb for that.
TrainedModel load_model(const std::string& name, at::Device device,
                        const std::string& attention_backend = "");
TrainedTranslator load_translator(const std::string& name, at::Device device,
                                  const std::string& attention_backend = "");
TrainedImageModel load_image_model(const std::string& name, at::Device device,
                                   const std::string& attention_backend = "");

/// A section of a config, empty where there is none; Error(kConfig) when it is no table.
toml::table config_section(const toml::table& config, const std::string& name);

/// "cpu", "cuda", "cuda:1"; Error(kUsage) when there is no such device here.
at::Device parse_device(const std::string& name);

/// Folders in which presets or models are searched, best first; `what` is "presets" or "models".
std::vector<std::filesystem::path> share_folders(const std::string& what);

}  // namespace heed::tasks
