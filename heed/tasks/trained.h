// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <toml++/toml.h>

#include <torch/nn/module.h>

namespace heed::tasks {

using Paths = std::vector<std::filesystem::path>;

/// The weights of a run folder in a module in eval mode, with the config that describes it.
template <class Module>
struct Trained {
  std::filesystem::path folder;
  toml::table config;
  std::shared_ptr<Module> model;
};

/// A trained model with what its task needs besides the weights: the base of each task's own class. It does not change
/// once it is made, and several threads may use it at the same time.
class TaskModel {
 public:
  TaskModel() = default;
  TaskModel(const TaskModel&) = delete;
  TaskModel& operator=(const TaskModel&) = delete;
  virtual ~TaskModel() = default;
};

}  // namespace heed::tasks
