// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/training_run.h"

#include <algorithm>

#include <ATen/Context.h>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/tasks/presets.h"
#include "heed/tasks/task_list.h"
#include "heed/training/layers.h"

namespace heed::tasks {

RunDraft::RunDraft(const toml::table& config, at::Device device)
    : config_(config),
      device_(device),
      about_(config_section(config, "about")),
      model_(config_section(config, "model")) {
  read_fields(config_section(config, "training"), "[training]", training::fields(training_));
}

void RunDraft::read(const std::string& section, Fields fields) {
  read_fields(config_section(config_, section), "[" + section + "]", fields);
  sections_.emplace_back(section, std::move(fields));
}

void RunDraft::seed_generator() const {
  at::manual_seed(seed());
}

TrainingRun RunDraft::finish(std::unique_ptr<training::Objective> objective, toml::table data_card) {
  TrainingRun run;
  run.config.insert("task", task_of(config_).name());
  run.config.insert("about", about_);
  for (const auto& [name, fields] : sections_) run.config.insert(name, write_fields(fields));
  run.config.insert("model", model_);
  run.config.insert("training", write_fields(training::fields(training_)));
  run.training = training_;
  run.objective = std::move(objective);
  run.data_card = std::move(data_card);
  return run;
}

TrainingRun open_run(const toml::table& config, const Paths& data, at::Device device) {
  const Task& task = task_of(config);
  std::vector<std::string> sections{"task", "about", "model", "training", "lora"};
  for (const auto& section : task.sections()) sections.push_back(section);
  for (const auto& [key, node] : config) {
    if (std::find(sections.begin(), sections.end(), key.str()) == sections.end())
      throw Error(ErrorKind::kConfig, unknown_name_message("section", key.str(), sections), "config");
  }
  TrainingRun run = task.open(config, data, device);
  if (config.contains("lora")) {
    read_fields(config_section(config, "lora"), "[lora]", training::fields(run.lora));
    run.config.insert("lora", write_fields(training::fields(run.lora)));
  }
  training::freeze(run.objective->module(), run.training.freeze);
  return run;
}

}  // namespace heed::tasks
