// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/checks.h"
#include "heed/cli/verb.h"
#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/memory.h"
#include "heed/core/progress.h"
#include "heed/tasks/run.h"
#include "heed/training/checkpoint.h"
#include "heed/training/plan.h"
#include "heed/training/run_folder.h"
#include "heed/training/trainer.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::string preset, init, resume, attention_backend;
  Paths data;
  fs::path output;
  double minutes = 0;
  int64_t seed = -1;
  bool dry_run = false;
  std::vector<std::string> set;
};

constexpr int kInterrupted = 130;

toml::array absolute(const Paths& paths) {
  toml::array list;
  for (const auto& path : paths) list.push_back(fs::absolute(path).lexically_normal().string());
  return list;
}

int finish(const Common& common, const fs::path& output, const training::TrainResult& result) {
  nlohmann::ordered_json json{{"run", output.string()}, {"step", result.step}};
  if (result.first) json["first_" + result.watch] = *result.first;
  if (result.best) json["best_" + result.watch] = *result.best;
  if (result.last) json["last_" + result.watch] = *result.last;
  json["best_step"] = result.best_step;
  json["skipped_steps"] = result.skipped;
  json["rollbacks"] = result.rollbacks;
  json["seconds"] = result.seconds;
  json["interrupted"] = result.interrupted;
  json["early_stopped"] = result.early_stopped;
  print_result(common, json);
  if (result.interrupted) inform("stopped and saved; go on with: heed train --resume " + output.string());
  return result.interrupted ? kInterrupted : 0;
}

int dry_run(const Common& common, tasks::Run& run) {
  const auto measured = training::dry_run(*run.objective, run.training, tasks::parse_device(common.device));
  print_result(common, {{"parameters", measured.parameters},
                        {"steps", run.training.steps},
                        {"epochs", static_cast<double>(run.training.steps * run.training.accumulation) /
                                       static_cast<double>(run.objective->indices_per_epoch())},
                        {"tokens_per_second", measured.tokens_per_second},
                        {"peak_memory_bytes", measured.peak_bytes},
                        {"expected_seconds", measured.seconds_expected},
                        {"expected_time", format_duration(measured.seconds_expected)}});
  return 0;
}

/// A model that translates goes on with the vocabulary it began with.
void keep_vocabulary(toml::table& config, const fs::path& folder) {
  if (config["task"].value_or(std::string()) != "translation") return;
  set_toml(config, "vocabulary.file='" + fs::absolute(folder).string() + "'");
}

/// A model of images goes on with images of the kind and size it began with, unless told otherwise. The size
/// is that of the model: its data may have been prepared in it.
void keep_images(toml::table& config, const toml::table& given) {
  const bool sized = config["data"]["size"] || config["data"]["height"] || config["data"]["width"];
  const auto keep = [&](const char* name, const char* section, bool wanted) {
    const auto number = given[section][name].value<int64_t>();
    if (wanted && !config["data"][name] && number)
      set_toml(config, "data." + std::string(name) + "=" + std::to_string(*number));
  };
  keep("height", "about", !sized);
  keep("width", "about", !sized);
  keep("channels", "about", true);
  keep("source_size", "data", true);
  if (!config["data"]["condition"])
    set_toml(config, "data.condition='" + given["data"]["condition"].value_or(std::string("none")) + "'");
}

int start(const Common& common, const Options& options) {
  auto assignments = options.set;
  if (options.seed >= 0) assignments.push_back("training.seed=" + std::to_string(options.seed));
  toml::table config = tasks::load_config(options.preset, assignments);
  const at::Device device = tasks::parse_device(common.device);
  if (fs::exists(options.output / "config.toml") && !options.dry_run) {
    throw Error(ErrorKind::kUsage,
                "holds a run already; go on with it by --resume, or choose another --output",
                options.output.string());
  }
  if (!options.dry_run) check_folder_writable(options.output);
  if (!options.init.empty()) {
    // Fine-tuning takes the model's own section: weights fit nothing else.
    const toml::table given = read_toml(tasks::find_model(options.init) / "config.toml");
    if (const auto* model = given.get_as<toml::table>("model")) config.insert_or_assign("model", *model);
    for (const auto& assignment : options.set) {
      if (assignment.starts_with("model.")) set_toml(config, assignment);
    }
    const std::string task = given["task"].value_or(std::string("music"));
    config.insert_or_assign("task", task);
    if (task == "music")
      set_toml(config, "data.encoding='" + given["data"]["encoding"].value_or(std::string()) + "'");
    if (task == "image") keep_images(config, given);
    keep_vocabulary(config, tasks::find_model(options.init));
  }
  if (!options.attention_backend.empty())
    set_toml(config, "model.attention_backend=" + options.attention_backend);
  tasks::Run run = tasks::open_run(config, options.data, device);
  if (!options.init.empty())
    training::load_weights(run.objective->module(), tasks::find_model(options.init) / "model.safetensors");
  const double minutes = options.minutes > 0 ? options.minutes : run.training.minutes;
  training::TrainControl control{.device = device};
  if (minutes > 0) {
    const auto plan = training::plan_steps(*run.objective, run.training, minutes, device);
    training::apply_plan(run.training, plan);
    control.seconds_spent = plan.seconds_spent;
    run.config.insert_or_assign("training", write_fields(training::fields(run.training)));
    inform("planned " + std::to_string(plan.steps) + " steps for " + format_duration(minutes * 60));
  }
  if (options.dry_run) return dry_run(common, run);
  toml::table& about = *run.config.get_as<toml::table>("about");
  about.insert_or_assign("data_paths", absolute(options.data));
  if (!options.init.empty())
    about.insert_or_assign("init", fs::absolute(tasks::find_model(options.init)).string());
  make_folder(options.output);
  write_atomically(options.output / "data.toml", format_toml(run.data_card));
  write_atomically(options.output / "config.toml", format_toml(run.config));
  return finish(common, options.output,
                training::train(*run.objective, run.training, options.output, control));
}

/// Going on with other data would be another run.
void check_data(const tasks::Run& run, const fs::path& folder) {
  const fs::path card = folder / "data.toml";
  if (!fs::exists(card) || read_toml(card) == run.data_card) return;
  throw Error(ErrorKind::kData,
              "the data is not what this run was trained on; give the same by --data, or start a new run "
              "with --init " +
                  folder.string(),
              card.string());
}

int resume(const Common& common, const Options& options) {
  const fs::path folder = options.resume;
  if (!fs::exists(folder / "config.toml"))
    throw Error(ErrorKind::kUsage, "holds no run: there is no config.toml", folder.string());
  toml::table config = read_toml(folder / "config.toml");
  if (!training::checkpoint_steps(folder).empty()) keep_vocabulary(config, folder);
  Paths data = options.data;
  if (const auto* stored = config["about"]["data_paths"].as_array(); data.empty() && stored != nullptr) {
    for (const auto& path : *stored) data.emplace_back(path.value_or(std::string()));
  }
  const at::Device device = tasks::parse_device(common.device);
  tasks::Run run = tasks::open_run(config, data, device);
  check_data(run, folder);
  const auto init = config["about"]["init"].value<std::string>();
  if (init && training::checkpoint_steps(folder).empty()) {  // stopped before its first checkpoint
    training::load_weights(run.objective->module(), fs::path(*init) / "model.safetensors");
  }
  return finish(common, folder,
                training::train(*run.objective, run.training, folder, {.resume = true, .device = device}));
}

int train(const Common& common, const Options& options) {
  keep_freed_memory();
  if (!options.resume.empty()) {
    const bool more =
        !options.preset.empty() || !options.output.empty() || !options.set.empty() || !options.init.empty();
    if (more || !options.attention_backend.empty() || options.minutes > 0 || options.seed >= 0 ||
        options.dry_run) {
      throw Error(ErrorKind::kUsage, "--resume takes the config of the run; only --data may be given anew",
                  "train");
    }
    return resume(common, options);
  }
  if (options.data.empty()) throw Error(ErrorKind::kUsage, "--data is needed", "train");
  if (options.output.empty() && !options.dry_run)
    throw Error(ErrorKind::kUsage, "--output is needed", "train");
  return start(common, options);
}

}  // namespace

void add_train(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_verb("train", "Train a model, or go on with a run",
                                    [&program, options] { return train(program.common, *options); });
  verb->add_option("--preset", options->preset, "name of a preset (see heed info), or a TOML file");
  verb->add_option("--data", options->data, "raw data, or what heed prepare wrote");
  verb->add_option("--output", options->output, "run folder to make");
  verb->add_option("--resume", options->resume,
                   "run folder to go on with; bit-identical to not having stopped");
  verb->add_option("--init", options->init, "start from the weights of this model (fine-tuning)");
  verb->add_option("--minutes", options->minutes,
                   "train for this long: time 20 steps, plan step count and schedule, and plan anew when the "
                   "rate changes")
      ->check(kPositive);
  add_attention_backend(verb, options->attention_backend);
  verb->add_option("--seed", options->seed, "the same as --set training.seed=N")->check(kNonNegative);
  verb->add_flag("--dry-run", options->dry_run, "print memory, tokens/s and expected time; train nothing");
  verb->add_option("--set", options->set, "section.key=value, over preset and defaults; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace heed::cli
