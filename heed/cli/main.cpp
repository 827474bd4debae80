// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <iostream>

#include <ATen/Parallel.h>
#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/version.h>

#include "heed/attention/attention.h"
#include "heed/cli/checks.h"
#include "heed/cli/flags.h"
#include "heed/cli/help_text.h"
#include "heed/cli/launch.h"
#include "heed/cli/program.h"
#include "heed/cli/task_choice.h"
#include "heed/cli/task_verbs.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/nn/device.h"
#include "heed/tasks/options.h"

namespace heed::cli {

CLI::App* Program::add_verb(const std::string& name, const std::string& description,
                            std::function<int()> run) {
  CLI::App* verb = app.add_subcommand(name, description);
  add_common_flags(verb);
  if (run) verb->callback([this, run = std::move(run)] { action = run; });
  return verb;
}

void Program::add_common_flags(CLI::App* verb) {
  const char* group = "Every verb";
  verb->add_flag("--quiet", common.quiet, "no progress and no notes on stderr; warnings stay")->group(group);
  verb->add_flag("--json", common.json, "write the result as one JSON object, the last line of stdout")
      ->group(group);
  verb->add_option("--threads", common.threads, "threads [all cores]")
      ->check(kPositive)
      ->group(group)
      ->type_name("number");
  verb->add_option("--device", common.device, "cpu or cuda [cpu]")->group(group)->type_name("name");
}

void add_attention_backend(CLI::App* verb, std::string& backend) {
  const auto unknown = [](const std::string& name) {
    try {
      attention::parse_backend(name);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  verb->add_option(
          "--attention-backend", backend,
          "attention to use instead of the model's setting: auto (the fastest that works), fused (heed's "
          "kernels), tiled (libtorch operations by tiles, little memory), reference (the plain formulas)")
      ->check(CLI::Validator(unknown, ""))
      ->type_name("name");
}

void print_result(const Common& common, const nlohmann::ordered_json& result) {
  if (common.json) {
    std::cout << result.dump() << std::endl;
    return;
  }
  for (const auto& line : tasks::entry_lines(result)) std::cout << line << "\n";
  std::cout.flush();
}

void print_answer(const Common& common, const tasks::Answer& answer) {
  if (common.json || (answer.lines.empty() && !answer.quiet)) return print_result(common, answer.json);
  for (const auto& line : answer.lines) std::cout << line << "\n";
  std::cout.flush();
}

namespace {

/// "--beamsize: did you mean --batch-size?" for a word that the parser does not know.
std::string suggest(CLI::App& app, const std::string& word) {
  std::vector<std::string> known;
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) {
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
      known.push_back(verb->get_name());
    return unknown_name_message("verb", word, known);
  }
  for (CLI::App* verb = chosen.front(); verb != nullptr;
       verb = verb->get_subcommands().empty() ? nullptr : verb->get_subcommands().front()) {
    for (const auto& name : option_names(*verb)) known.push_back(name);
    for (const CLI::App* inner : verb->get_subcommands([](const CLI::App*) { return true; }))
      if (!inner->get_name().empty()) known.push_back(inner->get_name());
  }
  return unknown_name_message("argument", word.substr(0, word.find('=')), known);
}

int usage_error(const Program& program, const CLI::ParseError& error) {
  CLI::App& app = program.app;
  if (error.get_name() == "CallForHelp") {
    std::cout << wrapped_help(app.help(), terminal_columns());
    return 0;
  }
  if (error.get_exit_code() == 0) return app.exit(error);  // --version
  std::string message = error.what();
  const auto verbs = app.get_subcommands();
  const auto words = app.remaining(true);
  if (!words.empty()) {
    const std::string foreign = foreign_option(program.words, words.front());
    message = foreign.empty() ? suggest(app, words.front()) : foreign;
  }
  std::fprintf(stderr, "heed: %s\nSee: heed%s --help\n", message.c_str(),
               verbs.empty() ? "" : (" " + verbs.front()->get_name()).c_str());
  return 2;
}

/// heed is rebuilt for each libtorch; another one under the same name would fail in stranger ways later.
void check_libtorch() {
  const uint64_t loaded = aoti_torch_abi_version();
  const auto number = [&](int shift) { return static_cast<int>(loaded >> shift & 0xff); };
  if (number(56) == TORCH_VERSION_MAJOR && number(48) == TORCH_VERSION_MINOR) return;
  throw Error(ErrorKind::kSystem, "this program was built with libtorch " TORCH_VERSION ", but libtorch " +
                                      std::to_string(number(56)) + "." + std::to_string(number(48)) +
                                      " was loaded; run make build again");
}

int run(int argc, char** argv, const char* spin_count) {
  check_libtorch();
  CLI::App app{
      "heed: generative models built from self-attention, for music, translation and images.\n"
      "Results go to stdout, notes and progress to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage or "
      "config, "
      "3 wrong input data, 130 interrupted after a safe stop.",
      "heed"};
  app.set_version_flag("--version", "heed " HEED_VERSION ", libtorch " TORCH_VERSION);
  app.require_subcommand(1);
  Program program{app, std::vector<std::string>(argv + std::min(argc, 1), argv + argc)};
  if (spin_count != nullptr) program.spin_count = spin_count;
  add_train(program);
  add_inspect(program);
  add_task_verbs(program);
  add_average(program);
  add_denoise(program);
  add_synthesize(program);
  add_bench(program);
  add_info(program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_error(program, error);
  }
  set_quiet(program.common.quiet);
  if (program.common.threads > 0) at::set_num_threads(program.common.threads);
  nn::parse_device(program.common.device);  // a wrong one is an error of every verb
  return program.action();
}

/// "--batch-size: message": the program spells a field as its flag.
std::string spelled(const Error& error) {
  return error.field().empty() ? error.what() : flag_of(error.field()) + ": " + error.message();
}

}  // namespace
}  // namespace heed::cli

constexpr const char* kOutOfMemory =
    "out of memory: try a smaller batch (--batch-size; in training data.batch_size or data.max_tokens), or "
    "shorter "
    "pieces or crops";

int heed_main(int argc, char** argv, const char* spin_count) {
  try {
    return heed::cli::run(argc, argv, spin_count);
  } catch (const heed::Error& error) {
    std::fprintf(stderr, "heed: %s\n", heed::cli::spelled(error).c_str());
    return error.exit_code();
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    const bool memory = message.find("allocate memory") != std::string::npos ||
                        message.find("out of memory") != std::string::npos;
    std::fprintf(stderr, "heed: %s\n", memory ? kOutOfMemory : message.c_str());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "heed: %s\n", kOutOfMemory);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "heed: %s\n", error.what());
  }
  return 1;
}
