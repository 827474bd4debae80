// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>

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
#include "heed/core/json_text.h"
#include "heed/core/log.h"
#include "heed/core/memory.h"
#include "heed/core/names.h"
#include "heed/core/shown_text.h"
#include "heed/nn/device.h"
#include "heed/nn/tensor_memory.h"
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
      ->check(kThreads)
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
    std::cout << json_text(result) << std::endl;
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
  std::fprintf(stderr, "heed: %s\nSee: heed%s --help\n", printable(message).c_str(),
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
      "heed: generative models built from self-attention, for music, text, translation and images.\n"
      "Results go to stdout, notes and progress to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage or "
      "config, "
      "3 wrong input data, 130 interrupted after a safe stop (by other signals than SIGINT and SIGTERM: 128 "
      "+ "
      "the signal's number).",
      "heed"};
  app.set_version_flag("--version", "heed " HEED_VERSION ", libtorch " TORCH_VERSION);
  app.require_subcommand(1);
  Program program{app, std::vector<std::string>(argv + std::min(argc, 1), argv + argc)};
  if (spin_count != nullptr) program.spin_count = spin_count;
  add_train(program);
  add_inspect(program);
  add_task_verbs(program);
  add_average(program);
  add_exchange(program);
  add_merge(program);
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
  nn::check_tensor_memory();
  // With less, libraries below fail in ways that no message can follow: threads' stacks, compiled kernels.
  constexpr double kLeastBytes = 48e6;
  expect_memory(kLeastBytes, "any work");
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

namespace heed::cli {
namespace {

/// What to lower when memory runs out.
const char* memory_hint = "lower --batch-size, or the size or number of what is asked for";
constexpr const char* kTrainingHint =
    "lower data.batch_size or data.max_tokens, the length of examples (data.crop, data.max_length), or the "
    "model (model.d_model, model.layers)";

bool is_training(int argc, char** argv) {
  return argc > 1 && std::string_view(argv[1]) == "train";
}

void report(const std::string& message) {
  std::fprintf(stderr, "heed: %s\n", message.c_str());
}

void report_out_of_memory(const std::string& what) {
  report(what + ": " + memory_hint);
}

/// "out of memory: 4.0 TB asked for at once", for libtorch's own messages.
std::string out_of_memory(const std::string& message) {
  constexpr std::string_view kBefore = "tried to allocate ";
  const size_t begin = message.find(kBefore);
  const double bytes = begin == std::string::npos ? 0 : std::atof(message.c_str() + begin + kBefore.size());
  return bytes > 0 ? "out of memory: " + format_bytes(bytes) + " asked for at once" : "out of memory";
}

bool says_out_of_memory(const std::string& message) {
  const char* signs[] = {"allocate memory", "out of memory", "Storage size calculation overflowed",
                         "numel: integer"};
  // oneDNN says no more than this when it has no memory for a kernel.
  constexpr double kLittle = 256e6;
  if (message.find("could not create a primitive") != std::string::npos && available_memory() < kLittle)
    return true;
  return std::any_of(std::begin(signs), std::end(signs),
                     [&](const char* sign) { return message.find(sign) != std::string::npos; });
}

void report_libtorch(const std::string& message) {
  if (says_out_of_memory(message)) return report_out_of_memory(out_of_memory(message));
  report(message);
}

/// Reports the exception that is being handled and returns the exit code.
int report_exception() {
  try {
    throw;
  } catch (const OutOfMemory& error) {
    report_out_of_memory(error.what());
  } catch (const Error& error) {
    report(printable(spelled(error)));
    return error.exit_code();
  } catch (const c10::Error& error) {
    report_libtorch(error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    report_out_of_memory("out of memory");
  } catch (const std::length_error&) {
    report_out_of_memory("out of memory: more asked for than any machine has");
  } catch (const std::system_error& error) {
    const bool threads = error.code() == std::errc::resource_unavailable_try_again;
    report(threads ? "cannot start a thread: allow more memory (ulimit -v) or processes (ulimit -u), or "
                     "lower --threads"
                   : error.what());
  } catch (const std::exception& error) {
    report_libtorch(error.what());
  }
  return 1;
}

/// An exception that left a thread or a function that may not throw. When memory runs out, that is no fault of the
/// program: it ends with the message, at once, because its threads are in no state to be ended in order.
[[noreturn]] void end_at_once() {
  if (std::current_exception() == nullptr) std::abort();
  try {
    throw;
  } catch (const std::exception& error) {
    const bool memory = dynamic_cast<const OutOfMemory*>(&error) != nullptr ||
                        dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
                        says_out_of_memory(error.what());
    const int code = report_exception();
    if (!memory) std::abort();
    std::_Exit(code);
  } catch (...) {
  }
  std::abort();
}

/// The exit code, or 1 with a message if stdout did not take all that was written to it. The reason is known if the last
/// write is the one that failed.
int with_output_written(int code) {
  errno = 0;
  std::cout.flush();
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  if (written || code != 0) return code;
  report("stdout: cannot write all of the output: " +
         std::string(errno != 0 ? std::strerror(errno) : "the disk is full, or the stream is closed"));
  return 1;
}

}  // namespace
}  // namespace heed::cli

int heed_main(int argc, char** argv, const char* spin_count) {
  using namespace heed::cli;
  if (is_training(argc, argv)) memory_hint = kTrainingHint;
  std::set_terminate(end_at_once);
  try {
    return with_output_written(run(argc, argv, spin_count));
  } catch (...) {
    return report_exception();
  }
}
