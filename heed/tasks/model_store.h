// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <c10/core/Device.h>

#include "heed/core/error.h"
#include "heed/nn/weight_type.h"
#include "heed/tasks/task.h"
#include "heed/tasks/trained.h"

namespace heed::tasks {

/// How a model is loaded.
struct LoadOptions {
  at::Device device = at::kCPU;
  std::string attention_backend = {};  ///< replaces the one in the model's config; empty: does not
  nn::WeightType weights = nn::WeightType::kFloat32;  ///< others on the CPU only
};

/// A run folder, else a name searched in $HEED_MODEL_PATH, ./models and the installed share folder. Throws
/// Error(kUsage) naming the nearest model.
std::filesystem::path find_model(const std::string& name);

/// The folder of the model that the adapters of a run belong to (training/lora.h). Throws Error(kCheckpoint) when it is
/// gone, or its weights are not those that the adapters were trained with.
std::filesystem::path adapter_base(const toml::table& config, const std::filesystem::path& run);
/// CRC-32C of the weights in a model's folder.
int64_t weights_checksum(const std::filesystem::path& model);

/// Drops local paths from a model that is going to be shared.
void forget_paths(const std::filesystem::path& model);

/// The task of a model.
const Task& task_of_model(const std::string& name);

/// A model of any task. The config that is returned holds the attention backend in use.
Trained<torch::nn::Module> load_module(const std::string& name, const LoadOptions& options = {});

/// A model that is a `Module`, such as nn::SequenceModel; Error(kUsage) when it is not.
template <class Module>
Trained<Module> load(const std::string& name, const LoadOptions& options = {});

/// The module of `trained` as a `Module`; Error(kUsage) when it is not one.
template <class Module>
Trained<Module> as(Trained<torch::nn::Module> trained) {
  auto model = std::dynamic_pointer_cast<Module>(trained.model);
  if (model == nullptr) {
    throw Error(ErrorKind::kUsage,
                "is " + task_of_model(trained.folder.string()).noun() + ", which does not fit here",
                trained.folder.string());
  }
  return {std::move(trained.folder), std::move(trained.config), std::move(model)};
}

template <class Module>
Trained<Module> load(const std::string& name, const LoadOptions& options) {
  return as<Module>(load_module(name, options));
}

/// A model with what its task needs besides the weights, ready for the actions of its task.
std::shared_ptr<const TaskModel> open_model(const std::string& name, const LoadOptions& options = {});

}  // namespace heed::tasks
