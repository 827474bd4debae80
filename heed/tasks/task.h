// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include <c10/core/Device.h>

#include "heed/tasks/action.h"
#include "heed/tasks/trained.h"
#include "heed/tasks/training_run.h"
#include "heed/training/weight_transfer.h"

namespace heed::tasks {

/// A task: how its runs are opened, how its models are made, and what they can do. To add one, add a folder under
/// tasks/ and a line to task_list.cpp (docs/extending.md).
class Task {
 public:
  virtual ~Task() = default;

  virtual std::string name() const = 0;  ///< as configs say it: "music"
  virtual std::string noun() const = 0;  ///< a model of this task, for messages: "a music model"

  /// Sections of its configs besides about, model and training.
  virtual std::vector<std::string> sections() const { return {"data"}; }
  /// Every field of those sections and of [model], with defaults.
  virtual std::string config_help() const = 0;

  /// Opens a training run: reads the data, makes model and objective, resolves the config.
  virtual TrainingRun open(const toml::table& config, const Paths& data, at::Device device) const = 0;
  /// Adds to `config` what a run must keep of the trained model that it starts from (fine-tuning). [model] is kept
  /// already.
  virtual void inherit(toml::table& /*config*/, const Trained<torch::nn::Module>& /*from*/) const {}
  /// Whether a run may start from a trained model of `other`.
  virtual bool begins_with(const Task& other) const { return other.name() == name(); }
  /// How the weights of a trained model, whose config is `from`, become those of the model of a new run, whose
  /// config is `config`, resolved.
  virtual training::WeightTransfer transfer(const toml::table& /*from*/,
                                            const toml::table& /*config*/) const {
    return {};
  }
  /// Adds to the config of a run what it must read from its own folder when it is resumed.
  virtual void resume(toml::table& /*config*/, const std::filesystem::path& /*run*/) const {}

  /// The model that the config of a trained one describes, without its weights. `place` precedes error messages.
  virtual std::shared_ptr<torch::nn::Module> make_module(const toml::table& config,
                                                         const std::string& place) const = 0;
  /// Adds what the actions need besides the weights. Throws Error(kCheckpoint) when the folder lacks it.
  virtual std::unique_ptr<TaskModel> open_model(Trained<torch::nn::Module> trained) const = 0;

  virtual const std::vector<Action>& actions() const = 0;
  /// The action of a verb, or null.
  const Action* action(const std::string& verb) const;
};

}  // namespace heed::tasks
