// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/task_verbs.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include <unistd.h>

#include "heed/cli/flags.h"
#include "heed/cli/stdin_lines.h"
#include "heed/cli/task_choice.h"
#include "heed/core/error.h"
#include "heed/core/memory.h"
#include "heed/nn/device.h"
#include "heed/nn/weight_type.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/task_list.h"

namespace heed::cli {
namespace {
using tasks::Action;
using tasks::Models;
using tasks::Task;

/// Options that the program itself adds to an action.
struct ModelOptions {
  std::vector<std::string> models;
  std::string task, attention_backend, weights = "float32";
};

tasks::LoadOptions load_options(const Program& program, const ModelOptions& options) {
  return {.device = nn::parse_device(program.common.device),
          .attention_backend = options.attention_backend,
          .weights = nn::parse_weight_type(options.weights)};
}

/// Lines from stdin, lines to stdout. What is written goes out before more input is waited for.
class StandardStreams {
 public:
  tasks::Call call() {
    return {.input =
                [this](size_t most) {
                  flush();
                  return lines_.next(most);
                },
            .output =
                [](std::string_view line) {
                  std::fwrite(line.data(), 1, line.size(), stdout);
                  std::fputc('\n', stdout);
                },
            .write =
                [](std::string_view piece) {
                  std::fwrite(piece.data(), 1, piece.size(), stdout);
                  std::fflush(stdout);
                },
            .progress = ::isatty(STDIN_FILENO) == 0};
  }
  void flush() const {
    errno = 0;
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
    const char* reason = errno != 0 ? std::strerror(errno) : "the disk is full, or the stream is closed";
    throw Error(ErrorKind::kSystem, std::string("cannot write all of the output: ") + reason, "stdout");
  }

 private:
  StdinLines lines_;
};

/// What was typed for one action.
struct TypedAction {
  const Action& action;
  std::unique_ptr<tasks::Request> request;
  Fields fields;
  ModelOptions models = {};
  CLI::App* verb = nullptr;
};

std::vector<std::string> given(const TypedAction& typed) {
  auto names = given_fields(*typed.verb, typed.fields);
  for (const char* name : {"model", "attention_backend", "weights"}) {
    const auto* option = typed.verb->get_option_no_throw(flag_of(name));
    if (option != nullptr && option->count() > 0) names.emplace_back(name);
  }
  return names;
}

int run(const Program& program, TypedAction& typed) {
  keep_freed_memory();
  const auto names = given(typed);
  const bool needs_model = typed.action.models == Models::kOne || typed.action.models == Models::kSeveral;
  if (needs_model && typed.models.models.empty())
    throw Error(ErrorKind::kUsage, "is required", FieldName{"model"});
  check_given(typed.fields, names);
  typed.request->check(names);
  const auto load = load_options(program, typed.models);
  std::vector<std::shared_ptr<const tasks::TaskModel>> models;
  for (const auto& name : typed.models.models) models.push_back(tasks::open_model(name, load));
  StandardStreams streams;
  const tasks::Answer answer = typed.request->run(models, streams.call());
  streams.flush();
  print_answer(program.common, answer);
  return 0;
}

void add_model_flags(TypedAction& typed) {
  auto& options = typed.models;
  CLI::App* verb = typed.verb;
  verb->add_option("--task", options.task, "task, in place of the model's")->group("");
  if (typed.action.models == Models::kNone) return;
  const bool several = typed.action.models == Models::kSeveral;
  verb->add_option("--model", options.models,
                   several ? "run folders, or names of models" : "run folder, or name of a model")
      ->expected(several ? -1 : 1)
      ->type_name("model");
  add_attention_backend(verb, options.attention_backend);
  if (!typed.action.decodes) return;
  const auto known = [](const std::string& name) {
    try {
      nn::parse_weight_type(name);
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  verb->add_option(
          "--weights", options.weights,
          "type of the weights in memory, on the CPU: float32 (exact), bfloat16 (half the bytes), int8 (a "
          "quarter of the bytes, a little less exact); fewer bytes decode faster [float32]")
      ->check(CLI::Validator(known, ""))
      ->type_name("type");
}

/// The subcommand of a verb; "inspect attention" is one below "inspect", which has the common flags.
CLI::App* add_subcommand(Program& program, const std::string& verb, const std::string& description) {
  const size_t blank = verb.find(' ');
  if (blank == std::string::npos) return program.app.add_subcommand(verb, description);
  return program.app.get_subcommand(verb.substr(0, blank))
      ->add_subcommand(verb.substr(blank + 1), description);
}

void add_common_flags(Program& program, CLI::App* command) {
  if (command->get_parent() == &program.app) program.add_common_flags(command);
}

void add_typed(Program& program, const Task& task, const std::string& verb) {
  const Action* action = task.action(verb);
  if (action == nullptr) wrong_verb(program.words, task, verb);
  auto typed = std::make_shared<TypedAction>(TypedAction{*action, action->request(), {}});
  typed->fields = typed->request->fields();
  typed->verb = add_subcommand(program, verb, action->summary);
  add_model_flags(*typed);
  add_flags(*typed->verb, typed->fields);
  add_common_flags(program, typed->verb);
  typed->verb->callback(
      [&program, typed] { program.action = [&program, typed] { return run(program, *typed); }; });
}

/// A verb whose task is not known: it has a summary, and an error that says what is missing.
void add_unknown(Program& program, const std::string& verb) {
  CLI::App* command = add_subcommand(program, verb, all_summaries(verb));
  command->footer(how_to_ask(verb));
  add_common_flags(program, command);
  command->allow_extras();
  command->callback([&program, verb] {
    program.action = [&program, verb]() -> int { missing_task(program.words, verb); };
  });
}

}  // namespace

void add_task_verbs(Program& program) {
  for (const auto& verb : task_verbs()) {
    const Task* task = is_typed(program.words, verb) ? chosen_task(program.words, verb) : nullptr;
    if (task != nullptr) {
      add_typed(program, *task, verb);
    } else {
      add_unknown(program, verb);
    }
  }
}

}  // namespace heed::cli
