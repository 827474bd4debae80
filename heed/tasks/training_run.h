// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <toml++/toml.h>

#include <c10/core/Device.h>

#include "heed/core/field.h"
#include "heed/tasks/trained.h"
#include "heed/training/lora.h"
#include "heed/training/objective.h"
#include "heed/training/options.h"

namespace heed::tasks {

/// Everything that training needs, made from config and data.
struct TrainingRun {
  toml::table config;  ///< resolved: every field, ready to be stored
  training::TrainingOptions training;
  training::LoraOptions lora;
  std::unique_ptr<training::Objective> objective;
  toml::table data_card;  ///< what the data is, with a checksum; stored in the run folder as data.toml
};

/// A run that a task is opening. It reads sections into options structs and writes every one of them back, resolved.
///
///     RunDraft draft(config);
///     draft.read("data", fields(options));
///     auto model = draft.make_model([&](toml::table& section) { return models::make_model(section, vocabulary); });
///     return draft.finish(std::make_unique<Objective>(model, ...), data_card(corpus));
class RunDraft {
 public:
  explicit RunDraft(const toml::table& config, at::Device device);

  /// Reads a section; its fields must live until finish(). Throws Error(kConfig).
  void read(const std::string& section, Fields fields);
  const training::TrainingOptions& training() const { return training_; }
  uint64_t seed() const { return static_cast<uint64_t>(training_.seed); }
  at::Device device() const { return device_; }
  /// [about]: what the stored model is made for.
  toml::table& about() { return about_; }
  /// [model], resolved once the model is made.
  const toml::table& model() const { return model_; }

  /// Seeds libtorch's generator, makes the model from [model], and moves it to the device.
  template <class Make>
  auto make_model(Make make) {
    seed_generator();
    auto model = make(model_);
    model->to(device_);
    return model;
  }

  TrainingRun finish(std::unique_ptr<training::Objective> objective, toml::table data_card);

 private:
  void seed_generator() const;

  const toml::table& config_;
  at::Device device_;
  std::vector<std::pair<std::string, Fields>> sections_;
  toml::table about_, model_;
  training::TrainingOptions training_;
};

/// Opens the run of the task that `config` names. Throws Error(kConfig) on a section that the task does not have.
TrainingRun open_run(const toml::table& config, const Paths& data, at::Device device);

}  // namespace heed::tasks
