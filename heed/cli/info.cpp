// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include "heed/attention/attention.h"
#include "heed/cli/checks.h"
#include "heed/cli/options_page.h"
#include "heed/cli/program.h"
#include "heed/core/config.h"
#include "heed/core/json_text.h"
#include "heed/kernels/isa.h"
#include "heed/nn/linear_choice.h"
#include "heed/nn/sequence_model.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/presets.h"
#include "heed/tasks/task_list.h"
#include "heed/training/lora.h"
#include "heed/training/options.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

struct InfoFlags {
  std::optional<std::string> model;
  bool fields = false, options = false;
  int64_t batch = 8, heads = 4, length = 512, head_dim = 32;
};

std::string about(const fs::path& config) {
  try {
    return read_toml(config)["about"]["summary"].value_or(std::string());
  } catch (const std::exception& error) {
    return error.what();
  }
}

nlohmann::ordered_json list_share(const std::string& what) {
  auto list = nlohmann::ordered_json::object();
  for (const auto& folder : tasks::share_folders(what)) {
    if (!fs::is_directory(folder)) continue;
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
    std::sort(entries.begin(), entries.end());
    for (const auto& path : entries) {
      const fs::path config = fs::is_directory(path) ? path / "config.toml" : path;
      const bool known = fs::is_regular_file(config) && config.extension() == ".toml" &&
                         !list.contains(path.stem().string());
      if (known) list[path.stem().string()] = about(config);
    }
  }
  return list;
}

using attention::Backend;
constexpr Backend kFastestFirst[] = {Backend::kFused, Backend::kTiled, Backend::kReference};

/// Every attention backend, its answer for one problem, and the one chosen.
nlohmann::ordered_json backends(const attention::Problem& problem) {
  const Backend chosen = attention::choose_backend(problem);
  auto result = nlohmann::ordered_json::object();
  result["chosen"] = attention::backend_name(chosen);
  bool slower = false;
  for (const Backend backend : kFastestFirst) {
    const auto support = attention::supports(backend, problem);
    std::string line;
    if (!support.ok) {
      line = "no: " + support.reason;
    } else if (backend == chosen) {
      line = "chosen: the fastest that can run a problem of this kind and size";
      slower = true;
    } else {
      line = slower ? "can, but is slower" : "can, but is made for more queries and keys";
    }
    result[attention::backend_name(backend)] = line;
  }
  return result;
}

std::string sizes(const attention::Problem& problem) {
  return std::to_string(problem.batch) + " x " + std::to_string(problem.heads) + " x " +
         std::to_string(problem.queries) + " x " + std::to_string(problem.head_dim);
}

/// The problem that the flags name, and a few that are unlike it.
nlohmann::ordered_json attention_problems(const InfoFlags& options) {
  attention::Problem training;
  training.batch = options.batch;
  training.heads = options.heads;
  training.queries = training.keys = options.length;
  training.head_dim = options.head_dim;
  training.causal = training.relation = training.needs_gradient = true;

  attention::Problem decoding = training;
  decoding.queries = 1;
  decoding.needs_gradient = false;

  attention::Problem precise = training;
  precise.dtype = at::kDouble;

  attention::Problem window;
  window.family = attention::Family::kWindow;
  window.batch = window.heads = window.head_dim = 8;
  window.queries = window.keys = 56 * 56;
  window.relation = window.needs_gradient = true;

  auto result = nlohmann::ordered_json::object();
  result["training, causal with relation, " + sizes(training)] = backends(training);
  result["decoding, one query of it"] = backends(decoding);
  result["the same training in float64"] = backends(precise);
  result["training, 7 x 7 window of 56 x 56, " + sizes(window)] = backends(window);
  return result;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// The instruction sets that heed's kernels are compiled for, which of them run here, and the one in use.
nlohmann::ordered_json instruction_sets() {
  auto result = nlohmann::ordered_json::object();
  const auto available = kernels::available_cpu_kernels();
  const std::string forced = environment("HEED_CPU_ISA");
  result["in use"] = std::string(kernels::cpu_kernels().name) +
                     (forced.empty() ? ": the best that runs here" : ": HEED_CPU_ISA says so");
  for (const auto* row : kernels::compiled_cpu_kernels()) {
    const bool runs = std::find(available.begin(), available.end(), row) != available.end();
    result[row->name] = row->emulated ? "plain code in its place, slowly; for tests, when named"
                        : runs        ? "runs here"
                                      : std::string("no: it needs ") + row->needs;
  }
  result["HEED_CPU_ISA"] = forced.empty() ? "not set" : forced;
  return result;
}

/// Whose matrix products the linear layers take, why, and how fast each is here and now.
nlohmann::ordered_json linear_layers() {
  auto result = nlohmann::ordered_json::object();
  result["chosen"] = nn::linear_choice();
  for (const auto& speed : nn::measure_linear()) {
    char text[64];
    std::snprintf(text, sizeof text, "%.0f GFLOP/s now, float32, 128 x 256 x 1024", speed.gigaflops);
    result[speed.name] = text;
  }
  const std::string forced = environment("HEED_LINEAR");
  result["HEED_LINEAR"] = forced.empty() ? "not set" : forced;
  return result;
}

int model_info(const Common& common, const InfoFlags& options) {
  const auto trained = tasks::load_module(*options.model);
  const auto weights = fs::file_size(trained.folder / "model.safetensors");
  if (common.json) {
    print_result(common, {{"folder", trained.folder.string()},
                          {"parameters", nn::parameter_count(*trained.model)},
                          {"bytes", weights},
                          {"summary", about(trained.folder / "config.toml")}});
    return 0;
  }
  std::cout << trained.folder.string() << "\n"
            << nn::parameter_count(*trained.model) << " parameters, " << weights << " bytes\n\n"
            << format_toml(trained.config);
  return 0;
}

void print_fields() {
  for (const tasks::Task* task : tasks::task_list()) std::cout << task->config_help() << "\n";
  training::TrainingOptions training;
  training::LoraOptions lora;
  std::cout << "[training]\n" << describe_fields(training::fields(training));
  std::cout << "\n[lora]: adapters of a model that --init names\n" << describe_fields(training::fields(lora));
}

/// A line, or a heading with what is below it further in.
void print_entry(const std::string& name, const nlohmann::ordered_json& value, size_t depth = 0) {
  std::string line(2 * depth, ' ');
  line += name;
  if (value.is_object()) {
    std::cout << (depth == 0 ? "\n" : "") << line << ":\n";
    for (const auto& [key, inner] : value.items()) print_entry(key, inner, depth + 1);
    return;
  }
  if (depth == 0) {
    line += ": ";
  } else {
    line.resize(std::max<size_t>(30, line.size() + 2), ' ');
  }
  std::cout << line << (value.is_string() ? value.get<std::string>() : json_text(value)) << "\n";
}

/// How long a thread spins at a barrier of OpenMP before it sleeps, and who says so.
std::string waiting_threads(const std::string& spin_count) {
  if (!spin_count.empty())
    return "spin " + spin_count +
           " times, then sleep, so that heed keeps its share of a busy machine; GOMP_SPINCOUNT and "
           "OMP_WAIT_POLICY in the environment override it";
  for (const char* name : {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}) {
    if (const std::string value = environment(name); !value.empty())
      return std::string("as ") + name + "=" + value + " in the environment says";
  }
  return "as OpenMP's runtime has it";
}

int info(const Program& program, const InfoFlags& options) {
  const Common& common = program.common;
  if (options.model) return model_info(common, options);
  if (options.fields) {
    print_fields();
    return 0;
  }
  if (options.options) {
    std::cout << options_page();
    return 0;
  }
  nlohmann::ordered_json result{{"heed", HEED_VERSION},
                                {"libtorch", TORCH_VERSION},
                                {"cpu", at::get_cpu_capability()},
                                {"threads", at::get_num_threads()},
                                {"waiting threads", waiting_threads(program.spin_count)},
                                {"cuda", at::hasCUDA() ? "yes" : "no"}};
  result["kernels"] = instruction_sets();
  result["linear layers"] = linear_layers();
  result["attention"] = attention_problems(options);
  result["models"] = list_share("models");
  result["presets"] = list_share("presets");
  if (common.json) {
    print_result(common, result);
    return 0;
  }
  for (const auto& [name, value] : result.items()) print_entry(name, value);
  return 0;
}

}  // namespace

void add_info(Program& program) {
  auto options = std::make_shared<InfoFlags>();
  CLI::App* verb =
      program.add_verb("info", "Show what is available: backends and why, models, presets, config fields",
                       [&program, options] { return info(program, *options); });
  verb->add_option("--model", options->model, "show this model instead");
  verb->add_flag("--fields", options->fields, "show every config field with its default and meaning");
  verb->add_flag("--options", options->options, "show the options of every verb of every task, in Markdown");
  verb->add_option("--batch", options->batch, "batch of the attention problem to choose a backend for")
      ->check(kCount)
      ->capture_default_str();
  verb->add_option("--heads", options->heads, "heads of the problem")->check(kCount)->capture_default_str();
  verb->add_option("--length", options->length, "queries and keys of the problem")
      ->check(kCount)
      ->capture_default_str();
  verb->add_option("--head-dim", options->head_dim, "size of a head of the problem")
      ->check(kCount)
      ->capture_default_str();
}

}  // namespace heed::cli
