// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/task_verbs.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include <unistd.h>

#include "heed/cli/flags.h"
#include "heed/cli/stdin_lines.h"
#include "heed/core/error.h"
#include "heed/core/memory.h"
#include "heed/core/names.h"
#include "heed/nn/device.h"
#include "heed/nn/weight_type.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/task_list.h"

namespace heed::cli {
namespace {
using tasks::Action;
using tasks::Models;
using tasks::Task;

/// The first value of a flag on a command line.
std::optional<std::string> value_of(const std::vector<std::string>& words, const std::string& flag) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == flag && i + 1 < words.size()) return words[i + 1];
    if (words[i].starts_with(flag + "=")) return words[i].substr(flag.size() + 1);
  }
  return std::nullopt;
}

/// Every verb of the tasks, in the order of the list.
std::vector<std::string> task_verbs() {
  std::vector<std::string> verbs;
  for (const Task* task : tasks::task_list()) {
    for (const auto& action : task->actions())
      if (std::find(verbs.begin(), verbs.end(), action.verb) == verbs.end()) verbs.push_back(action.verb);
  }
  return verbs;
}

std::vector<const Task*> tasks_with(const std::string& verb) {
  std::vector<const Task*> found;
  for (const Task* task : tasks::task_list())
    if (task->action(verb) != nullptr) found.push_back(task);
  return found;
}

/// True when `verb`, of one or two words, begins the command line.
bool is_typed(const std::vector<std::string>& words, const std::string& verb) {
  const size_t blank = verb.find(' ');
  if (words.empty() || words[0] != verb.substr(0, blank)) return false;
  return blank == std::string::npos || (words.size() > 1 && words[1] == verb.substr(blank + 1));
}

/// Every flag that the command line contains.
std::vector<std::string> typed_flags(const std::vector<std::string>& words) {
  std::vector<std::string> flags;
  for (const auto& word : words)
    if (word.starts_with("--")) flags.push_back(word.substr(0, word.find('=')));
  return flags;
}

/// Options that the program itself adds to an action.
struct ModelOptions {
  std::vector<std::string> models;
  std::string task, attention_backend, weights = "float32";
};

bool has_flag(const Fields& fields, const std::string& flag) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const Field& field) { return flag_of(field.name) == flag; });
}

/// True when the action knows every flag of the command line and needs no model.
bool fits(const Action& action, const std::vector<std::string>& flags) {
  if (action.models == Models::kOne || action.models == Models::kSeveral) return false;
  const auto request = action.request();
  const Fields fields = request->fields();
  const std::vector<std::string> common{"--quiet", "--json", "--threads", "--device"};
  return std::all_of(flags.begin(), flags.end(), [&](const std::string& flag) {
    return has_flag(fields, flag) || std::find(common.begin(), common.end(), flag) != common.end();
  });
}

/// The task that the command line means, or null.
const Task* chosen_task(const std::vector<std::string>& words, const std::string& verb) {
  if (const auto name = value_of(words, "--task")) {
    try {
      return &tasks::find_task(*name);
    } catch (const Error& error) {
      throw Error(ErrorKind::kUsage, error.message(), FieldName{"task"});
    }
  }
  if (const auto model = value_of(words, "--model")) return &tasks::task_of_model(*model);
  const Task* only = nullptr;
  const auto flags = typed_flags(words);
  if (flags.empty()) return nullptr;
  for (const Task* task : tasks_with(verb)) {
    if (!fits(*task->action(verb), flags)) continue;
    if (only != nullptr) return nullptr;
    only = task;
  }
  return only;
}

/// The verb that makes something with a model of this task: generate, translate, predict ...
std::string main_verb(const Task& task) {
  for (const auto& action : task.actions()) {
    const bool other =
        action.verb == "prepare" || action.verb == "evaluate" || action.verb.starts_with("inspect");
    if (!other) return action.verb;
  }
  return task.actions().empty() ? "info" : task.actions().front().verb;
}

[[noreturn]] void wrong_verb(const Program& program, const Task& task, const std::string& verb) {
  const std::string place = value_of(program.words, "--model").value_or("");
  throw Error(ErrorKind::kUsage,
              (place.empty() ? "task " + task.name() + " has no verb " + verb : "is " + task.noun()) +
                  ": use heed " + main_verb(task),
              place.empty() ? "" : tasks::find_model(place).string());
}

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
            .progress = ::isatty(STDIN_FILENO) == 0};
  }
  void flush() const {
    if (std::fflush(stdout) != 0) throw Error(ErrorKind::kSystem, "cannot be written to", "stdout");
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
  if (action == nullptr) wrong_verb(program, task, verb);
  auto typed = std::make_shared<TypedAction>(TypedAction{*action, action->request(), {}});
  typed->fields = typed->request->fields();
  typed->verb = add_subcommand(program, verb, action->summary);
  add_model_flags(*typed);
  add_flags(*typed->verb, typed->fields);
  add_common_flags(program, typed->verb);
  typed->verb->callback(
      [&program, typed] { program.action = [&program, typed] { return run(program, *typed); }; });
}

/// What a verb does for each task, and how to see its options.
std::string all_summaries(const std::string& verb) {
  const auto with = tasks_with(verb);
  if (with.size() == 1) return with.front()->action(verb)->summary;
  std::string text;
  for (const Task* task : with) {
    std::string name = task->name();
    name.resize(std::max<size_t>(name.size() + 2, 13), ' ');
    text += name + task->action(verb)->summary + "\n";
  }
  return text;
}

std::string how_to_ask(const std::string& verb) {
  const bool modelless = verb == "prepare";
  return "The options depend on the task. To see them: heed " + verb +
         (modelless ? " --task NAME --help" : " --model NAME --help");
}

[[noreturn]] void missing_task(const std::vector<std::string>& words, const std::string& verb) {
  const std::vector<std::string> known{"--model", "--task"};
  for (const auto& flag : typed_flags(words)) {
    if (!nearest_name(flag, known).empty())
      throw Error(ErrorKind::kUsage, unknown_name_message("argument", flag, known));
  }
  throw Error(ErrorKind::kUsage, "is required. " + how_to_ask(verb),
              FieldName{verb == "prepare" ? "task" : "model"});
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

std::string foreign_option(const Program& program, const std::string& word) {
  const std::string flag = word.substr(0, word.find('='));
  for (const auto& verb : task_verbs()) {
    if (!is_typed(program.words, verb)) continue;
    for (const Task* task : tasks_with(verb)) {
      const auto request = task->action(verb)->request();
      if (has_flag(request->fields(), flag)) return flag + " is an option of the " + task->name() + " task";
    }
  }
  return "";
}

}  // namespace heed::cli
