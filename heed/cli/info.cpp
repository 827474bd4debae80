// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include "heed/attention/attention.h"
#include "heed/cli/verb.h"
#include "heed/core/config.h"
#include "heed/models/registry.h"
#include "heed/nn/sequence_model.h"
#include "heed/tasks/run.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::string model;
  bool fields = false;
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

/// Every attention backend, its answer for one problem, and the one chosen.
nlohmann::ordered_json backends(const Options& options) {
  attention::Problem problem;
  problem.batch = options.batch;
  problem.heads = options.heads;
  problem.queries = problem.keys = options.length;
  problem.head_dim = options.head_dim;
  problem.causal = problem.relation = problem.needs_gradient = true;
  auto result = nlohmann::ordered_json::object();
  for (const auto backend : {attention::Backend::kTiled, attention::Backend::kReference}) {
    const auto support = attention::supports(backend, problem);
    result[attention::backend_name(backend)] = support.ok ? "yes" : "no: " + support.reason;
  }
  result["chosen"] = attention::backend_name(attention::choose_backend(problem));
  return result;
}

int model_info(const Common& common, const Options& options) {
  const auto trained = tasks::load_model(options.model, at::kCPU);
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
  for (const auto& task : tasks::task_list())
    std::cout << "[data], task " << task.name << "\n" << task.help() << "\n";
  for (const auto& kind : models::model_kinds()) {
    std::cout << "[model] kind = \"" << kind.name << "\": " << kind.paper << "\n" << kind.help() << "\n";
  }
  training::TrainingOptions training;
  std::cout << "[training]\n" << describe_fields(training::fields(training));
}

int info(const Common& common, const Options& options) {
  if (!options.model.empty()) return model_info(common, options);
  if (options.fields) {
    print_fields();
    return 0;
  }
  nlohmann::ordered_json result{{"heed", HEED_VERSION},
                                {"libtorch", TORCH_VERSION},
                                {"cpu", at::get_cpu_capability()},
                                {"threads", at::get_num_threads()},
                                {"cuda", at::hasCUDA() ? "yes" : "no"}};
  result["attention " + std::to_string(options.batch) + " x " + std::to_string(options.heads) + " x " +
         std::to_string(options.length) + " x " + std::to_string(options.head_dim)] = backends(options);
  result["models"] = list_share("models");
  result["presets"] = list_share("presets");
  if (common.json) {
    print_result(common, result);
    return 0;
  }
  for (const auto& [name, value] : result.items()) {
    if (!value.is_object()) {
      std::cout << name << ": " << (value.is_string() ? value.get<std::string>() : value.dump()) << "\n";
      continue;
    }
    std::cout << "\n" << name << ":\n";
    for (const auto& [key, text] : value.items()) {
      std::string line = "  " + key;
      line.resize(std::max<size_t>(30, line.size() + 2), ' ');
      std::cout << line << text.get<std::string>() << "\n";
    }
  }
  return 0;
}

}  // namespace

void add_info(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_verb("info", "What is here: backends and why, models, presets, config fields",
                                    [&program, options] { return info(program.common, *options); });
  verb->add_option("--model", options->model, "tell of this model instead");
  verb->add_flag("--fields", options->fields, "every config field with its default and meaning");
  verb->add_option("--batch", options->batch, "of the attention problem that backends are asked about")
      ->capture_default_str();
  verb->add_option("--heads", options->heads, "its heads")->capture_default_str();
  verb->add_option("--length", options->length, "its length")->capture_default_str();
  verb->add_option("--head-dim", options->head_dim, "its head_dim")->capture_default_str();
}

}  // namespace heed::cli
