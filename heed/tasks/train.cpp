// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/train.h"

#include <algorithm>
#include <utility>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/memory.h"
#include "heed/core/names.h"
#include "heed/core/path_text.h"
#include "heed/core/progress.h"
#include "heed/nn/inference_scope.h"
#include "heed/nn/sequence_model.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/options.h"
#include "heed/tasks/presets.h"
#include "heed/tasks/seed_runs.h"
#include "heed/tasks/task_list.h"
#include "heed/training/checkpoint.h"
#include "heed/training/lora.h"
#include "heed/training/plan.h"
#include "heed/training/run_folder.h"
#include "heed/training/trainer.h"
#include "heed/training/weight_transfer.h"

namespace heed::tasks {
namespace {
namespace fs = std::filesystem;

toml::array absolute(const Paths& paths) {
  toml::array list;
  for (const auto& path : paths) list.push_back(config_text(fs::absolute(path).lexically_normal()));
  return list;
}

/// Scores of the best weights of a run on the test part of its data, where it has one.
std::map<std::string, double> test_best(training::Objective& objective, const fs::path& run) {
  auto& module = objective.module();
  const fs::path file = run / training::weights_file(module);
  if (!objective.has_test() || !fs::exists(file)) return {};
  const nn::InferenceScope inference(module);
  training::load_weights(module, file);
  return objective.test();
}

TrainOutcome outcome_of(const fs::path& run, training::Objective& objective,
                        const training::TrainResult& result) {
  Json json{{"run", run.string()}, {"step", result.step}};
  if (result.first) json["first_" + result.watch] = *result.first;
  if (result.best) json["best_" + result.watch] = *result.best;
  if (result.last) json["last_" + result.watch] = *result.last;
  json["best_step"] = result.best_step;
  json["skipped_steps"] = result.skipped;
  json["rollbacks"] = result.rollbacks;
  json["seconds"] = result.seconds;
  json["interrupted"] = result.interrupted;
  json["early_stopped"] = result.early_stopped;
  std::map<std::string, double> test;
  if (!result.interrupted) test = test_best(objective, run);
  for (const auto& [name, value] : test) json["test_" + name] = value;
  return {{json}, run, result, test, result.signal, result.was_finished};
}

/// Trains in the folder.
TrainOutcome train_in(const fs::path& folder, TrainingRun& run, const training::TrainControl& control) {
  return outcome_of(folder, *run.objective, training::train(*run.objective, run.training, folder, control));
}

TrainOutcome dry_run(TrainingRun& run, at::Device device) {
  const auto measured = training::dry_run(*run.objective, run.training, device);
  const auto indices = static_cast<double>(run.training.steps * run.training.accumulation);
  return {{{{"parameters", measured.parameters},
            {"steps", run.training.steps},
            {"epochs", indices / static_cast<double>(run.objective->indices_per_epoch())},
            {"tokens_per_second", measured.tokens_per_second},
            {"peak_memory_bytes", measured.peak_bytes},
            {"expected_seconds", measured.seconds_expected},
            {"expected_time", format_duration(measured.seconds_expected)}}},
          {}};
}

/// The task of a run that starts from a trained model: the one that the config names, else that of the model.
const Task& task_from(const toml::table& config, const Task& source) {
  if (!config.contains("task")) return source;
  const Task& task = task_of(config);
  if (task.begins_with(source)) return task;
  throw Error(ErrorKind::kUsage, "is " + source.noun() + ": task " + task.name() + " cannot start from it",
              FieldName{"init"});
}

/// Fine-tuning takes the model of the trained one, for its weights fit nothing else; assignments to [model] still
/// hold.
void inherit(toml::table& config, const TrainRequest& request) {
  Trained<torch::nn::Module> from;
  from.folder = find_model(request.init);
  from.config = read_toml(from.folder / "config.toml");
  if (fs::exists(from.folder / "adapter.safetensors")) {
    throw Error(ErrorKind::kUsage, "holds adapters of another model: merge them into a whole model first",
                FieldName{"init"});
  }
  if (const auto* model = from.config.get_as<toml::table>("model")) config.insert_or_assign("model", *model);
  const Task& task = task_from(config, task_of(from.config));
  config.insert_or_assign("task", task.name());
  task.inherit(config, from);
  for (const auto& assignment : request.set) {
    if (assignment.starts_with("model.")) set_toml(config, assignment);
  }
}

/// Gives a run the weights that it starts from, and the adapters that are trained in their place.
void load_initial_weights(TrainingRun& run, const fs::path& from) {
  auto transfer = task_of(run.config).transfer(read_toml(from / "config.toml"), run.config);
  transfer.seed = static_cast<uint64_t>(run.training.seed);
  const auto report = training::transfer_weights(run.objective->module(),
                                                 Safetensors::read(from / "model.safetensors"), transfer);
  inform("init: " + report.text());
  if (run.lora.on())
    run.objective = training::with_adapters(std::move(run.objective), run.lora, report.loaded, transfer.seed);
}

std::string task_names() {
  std::vector<std::string> names;
  for (const Task* task : task_list()) names.push_back(task->name());
  return comma_list(names);
}

toml::table config_of(const TrainRequest& request) {
  auto assignments = request.set;
  if (!request.task.empty()) assignments.push_back("task='" + request.task + "'");
  if (request.steps) {
    assignments.push_back("training.steps=" + std::to_string(*request.steps));
    assignments.emplace_back("training.minutes=0");
  }
  if (request.seed) assignments.push_back("training.seed=" + std::to_string(*request.seed));
  toml::table config = load_config(request.preset, assignments);
  if (!request.init.empty()) inherit(config, request);
  if (!config.contains("task"))
    throw Error(ErrorKind::kUsage, "is required: " + task_names() + "; a preset names its task",
                FieldName{"task"});
  if (!request.attention_backend.empty())
    set_toml(config, "model.attention_backend=" + request.attention_backend);
  return config;
}

/// Whether a folder is empty, or holds what a run writes first and no more.
bool holds_only_a_start(const fs::path& folder) {
  return std::all_of(fs::directory_iterator(folder), fs::directory_iterator(), [](const auto& entry) {
    return entry.path().filename().native().starts_with("data.toml");
  });
}

void check_output(const TrainRequest& request) {
  if (request.dry_run) return;
  if (fs::exists(request.output / "config.toml")) {
    throw Error(ErrorKind::kUsage, "contains a run already: resume it, or choose another folder",
                request.output.string());
  }
  if (fs::is_directory(request.output) && !holds_only_a_start(request.output)) {
    throw Error(ErrorKind::kUsage, "contains other files; a run needs a folder of its own",
                request.output.string());
  }
  check_folder_writable(request.output);
}

/// Plans the steps that fit into the time, when a time is set. Returns the seconds that planning took.
double plan_time(TrainingRun& run, const TrainRequest& request, at::Device device) {
  const double minutes = request.minutes.value_or(run.training.minutes);
  if (minutes <= 0) return 0;
  const auto plan = training::plan_steps(*run.objective, run.training, minutes, device);
  training::apply_plan(run.training, plan);
  run.config.insert_or_assign("training", write_fields(training::fields(run.training)));
  inform("planned " + std::to_string(plan.steps) + " steps for " + format_duration(minutes * 60));
  return plan.seconds_spent;
}

void write_run_folder(TrainingRun& run, const TrainRequest& request) {
  toml::table& about = *run.config.get_as<toml::table>("about");
  about.insert_or_assign("data_paths", absolute(request.data));
  if (!request.init.empty())
    about.insert_or_assign("init", config_text(fs::absolute(find_model(request.init))));
  if (run.lora.on()) about.insert_or_assign("init_crc32c", weights_checksum(find_model(request.init)));
  make_folder(request.output);
  write_atomically(request.output / "data.toml", format_toml(run.data_card));
  write_atomically(request.output / "config.toml", format_toml(run.config));
}

/// The gradients and moments come with the first step. Refused before, they cost no time.
void expect_training_memory(const TrainingRun& run, at::Device device) {
  if (!device.is_cpu()) return;
  double bytes = 0;
  for (const auto& parameter : run.objective->module().parameters())
    bytes += static_cast<double>(parameter.nbytes());
  const double copies = run.training.moving_average > 0 ? 4 : 3;
  expect_memory(copies * bytes, "the gradients and moments of " +
                                    std::to_string(nn::parameter_count(run.objective->module())) +
                                    " parameters");
}

TrainOutcome start(const TrainRequest& request, at::Device device) {
  const toml::table config = config_of(request);
  check_output(request);
  TrainingRun run = open_run(config, request.data, device);
  if (run.lora.on() && request.init.empty())
    throw Error(ErrorKind::kUsage, "is required: adapters ([lora]) belong to a trained model",
                FieldName{"init"});
  if (!request.init.empty()) load_initial_weights(run, find_model(request.init));
  expect_training_memory(run, device);
  training::TrainControl control{.device = device};
  control.seconds_spent = plan_time(run, request, device);
  if (request.dry_run) return dry_run(run, device);
  write_run_folder(run, request);
  return train_in(request.output, run, control);
}

/// Another data set would make another run.
void check_data(const TrainingRun& run, const fs::path& folder) {
  const fs::path card = folder / "data.toml";
  if (!fs::exists(card) || read_toml(card) == run.data_card) return;
  throw Error(ErrorKind::kData,
              "the data is not what this run was trained on: name the same data, or start a new run from the "
              "weights of " +
                  folder.string() + " (init)",
              card.string());
}

Paths stored_data(const toml::table& config) {
  Paths data;
  if (const auto* stored = config["about"]["data_paths"].as_array()) {
    for (const auto& path : *stored) data.push_back(config_path(path.value_or(std::string())));
  }
  return data;
}

TrainOutcome resume(const TrainRequest& request, at::Device device) {
  const fs::path& folder = request.resume;
  if (!fs::exists(folder / "config.toml"))
    throw Error(ErrorKind::kUsage, "does not contain a run: it has no config.toml", folder.string());
  toml::table config = read_toml(folder / "config.toml");
  const bool has_checkpoint = !training::checkpoint_steps(folder).empty();
  if (has_checkpoint) task_of(config).resume(config, folder);
  TrainingRun run = open_run(config, request.data.empty() ? stored_data(config) : request.data, device);
  check_data(run, folder);
  const auto init = config["about"]["init"].value<std::string>();
  if (run.lora.on())
    load_initial_weights(run, adapter_base(config, folder));
  else if (init && !has_checkpoint)  // stopped before its first checkpoint
    load_initial_weights(run, config_path(*init));
  expect_training_memory(run, device);
  const training::TrainControl control{
      .resume = true, .device = device, .until_step = request.steps, .more_minutes = request.minutes};
  return train_in(folder, run, control);
}

}  // namespace

Fields fields(TrainRequest& request) {
  std::vector<std::string> tasks;
  for (const Task* task : task_list()) tasks.push_back(task->name());
  auto known = tasks;
  known.emplace_back();
  Field resume{"resume", &request.resume,
               "run folder to resume; the result is bit-identical to not having stopped"};
  resume.excludes = {"task", "preset", "output", "set", "init", "attention_backend", "seed", "dry_run"};
  return {
      {"preset", &request.preset, "name of a preset, or a TOML file"},
      {"task", &request.task, comma_list(tasks) + "; a preset names its task", one_of(known)},
      {"data", &request.data, "raw data, or prepared data"},
      {"output", &request.output, "run folder to make"},
      std::move(resume),
      {"init", &request.init, "start from the weights of this model (fine-tuning)"},
      excludes(
          {"steps", &request.steps,
           "end at this step: sets training.steps, or makes a run that is resumed train on", at_least(1)},
          {"minutes"}),
      {"minutes", &request.minutes,
       "train for this long, from now: times 20 steps, plans step count and schedule, and plans again "
       "when the "
       "rate changes; makes a run that is resumed train on",
       above(0)},
      {"seed", &request.seed, "sets training.seed", between(0, 9.2e18)},
      excludes({"seeds", &request.seeds,
                "train this many runs, with seeds from the given one, or 1, on: mean and spread of their "
                "scores, and the run with "
                "the best validation is kept",
                between(1, 1e6)},
               {"resume", "dry_run"}),
      {"jobs", &request.jobs, "of several seeds: runs at a time, which share the threads", between(1, 1000)},
      {"dry_run", &request.dry_run, "report memory, tokens/s and expected time; train nothing"},
      {"set", &request.set, "config fields to set, such as model.layers=4"}};
}

void check(const TrainRequest& request, const std::vector<std::string>& given) {
  for (const auto& [name, value] : {std::pair("preset", request.preset), std::pair("init", request.init)}) {
    if (value.empty() && is_given(given, name))
      throw Error(ErrorKind::kUsage, "must not be empty", FieldName{name});
  }
  if (request.jobs > 1 && !request.seeds && !has_seed_runs(request.resume))
    throw Error(ErrorKind::kUsage, "is for training with several seeds", FieldName{"jobs"});
  if (!request.resume.empty()) return;
  if (request.data.empty()) throw Error(ErrorKind::kUsage, "is required", FieldName{"data"});
  if (request.output.empty() && !request.dry_run)
    throw Error(ErrorKind::kUsage, "is required", FieldName{"output"});
}

TrainOutcome train(const TrainRequest& request, at::Device device) {
  if (request.seeds) return train_seeds(request, device, train);
  if (!request.resume.empty() && has_seed_runs(request.resume)) return resume_seeds(request, device, train);
  return request.resume.empty() ? start(request, device) : resume(request, device);
}

}  // namespace heed::tasks
