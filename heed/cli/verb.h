// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace heed::cli {

/// What every verb takes.
struct Common {
  bool quiet = false, json = false;
  int threads = 0;  ///< 0: what libtorch chooses
  std::string device = "cpu";
};

/// A verb adds its subcommand to `app` and, when it is the one typed, sets `action`, which returns the exit
/// code.
struct Program {
  CLI::App& app;
  Common common;
  std::function<int()> action;
  std::string spin_count;  ///< GOMP_SPINCOUNT that the launcher chose; empty: the environment decides

  /// A subcommand with the common flags.
  CLI::App* add_verb(const std::string& name, const std::string& description, std::function<int()> run);
};

void add_prepare(Program& program);
void add_train(Program& program);
void add_average(Program& program);
void add_evaluate(Program& program);
void add_generate(Program& program);
void add_translate(Program& program);
void add_inspect(Program& program);
void add_bench(Program& program);
void add_bench_complexity(Program& program, CLI::App* bench);
void add_denoise(Program& program);
void add_synthesize(Program& program);
void add_info(Program& program);

/// --attention-backend of a verb that runs models: checked, empty when not given.
void add_attention_backend(CLI::App* verb, std::string& backend);

/// Results: with --json one object as the last line of stdout, else "name  value" lines.
void print_result(const Common& common, const nlohmann::ordered_json& result);

using Paths = std::vector<std::filesystem::path>;

}  // namespace heed::cli
