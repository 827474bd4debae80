// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "heed/tasks/action.h"

namespace heed::cli {

/// The flags of every verb.
struct Common {
  bool quiet = false, json = false;
  int threads = 0;  ///< 0: libtorch's choice
  std::string device = "cpu";
};

/// The program while its command line is read. The verb that was typed sets `action`, which returns the exit code.
struct Program {
  CLI::App& app;
  std::vector<std::string> words;  ///< of the command line, without the program's name
  Common common = {};
  std::function<int()> action = {};
  std::string spin_count = {};  ///< GOMP_SPINCOUNT as the launcher chose it; empty: the environment decides

  /// A subcommand with the flags of every verb.
  CLI::App* add_verb(const std::string& name, const std::string& description, std::function<int()> run);
  /// The flags of every verb, under a heading of their own.
  void add_common_flags(CLI::App* verb);
};

void add_train(Program& program);
void add_average(Program& program);
void add_merge(Program& program);
void add_inspect(Program& program);
void add_bench(Program& program);
void add_bench_complexity(Program& program, CLI::App* bench);
void add_bench_dictionary(Program& program, CLI::App* bench);
void add_bench_towers(Program& program, CLI::App* bench);
void add_denoise(Program& program);
void add_exchange(Program& program);
void add_synthesize(Program& program);
void add_info(Program& program);

/// --attention-backend of a verb that runs models: checked, empty when it is absent.
void add_attention_backend(CLI::App* verb, std::string& backend);

/// With --json the object as the last line of stdout, else "name  value" lines.
void print_result(const Common& common, const nlohmann::ordered_json& result);
void print_answer(const Common& common, const tasks::Answer& answer);

}  // namespace heed::cli
