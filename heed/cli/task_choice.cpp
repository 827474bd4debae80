// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/task_choice.h"

#include <algorithm>
#include <optional>

#include "heed/cli/flags.h"
#include "heed/core/error.h"
#include "heed/core/names.h"
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

std::vector<const Task*> tasks_with(const std::string& verb) {
  std::vector<const Task*> found;
  for (const Task* task : tasks::task_list())
    if (task->action(verb) != nullptr) found.push_back(task);
  return found;
}

/// Every flag that the command line contains.
std::vector<std::string> typed_flags(const std::vector<std::string>& words) {
  std::vector<std::string> flags;
  for (const auto& word : words)
    if (word.starts_with("--")) flags.push_back(word.substr(0, word.find('=')));
  return flags;
}

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

/// The verb that makes something with a model of this task: generate, translate, predict ...
std::string main_verb(const Task& task) {
  for (const auto& action : task.actions()) {
    const bool other =
        action.verb == "prepare" || action.verb == "evaluate" || action.verb.starts_with("inspect");
    if (!other) return action.verb;
  }
  return task.actions().empty() ? "info" : task.actions().front().verb;
}

}  // namespace

std::vector<std::string> task_verbs() {
  std::vector<std::string> verbs;
  for (const Task* task : tasks::task_list()) {
    for (const auto& action : task->actions())
      if (std::find(verbs.begin(), verbs.end(), action.verb) == verbs.end()) verbs.push_back(action.verb);
  }
  return verbs;
}

bool is_typed(const std::vector<std::string>& words, const std::string& verb) {
  const size_t blank = verb.find(' ');
  if (words.empty() || words[0] != verb.substr(0, blank)) return false;
  return blank == std::string::npos || (words.size() > 1 && words[1] == verb.substr(blank + 1));
}

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

void wrong_verb(const Words& words, const Task& task, const std::string& verb) {
  const std::string place = value_of(words, "--model").value_or("");
  throw Error(ErrorKind::kUsage,
              (place.empty() ? "task " + task.name() + " has no verb " + verb : "is " + task.noun()) +
                  ": use heed " + main_verb(task),
              place.empty() ? "" : tasks::find_model(place).string());
}

void missing_task(const Words& words, const std::string& verb) {
  const std::vector<std::string> known{"--model", "--task"};
  for (const auto& flag : typed_flags(words)) {
    if (!nearest_name(flag, known).empty())
      throw Error(ErrorKind::kUsage, unknown_name_message("argument", flag, known));
  }
  throw Error(ErrorKind::kUsage, "is required. " + how_to_ask(verb),
              FieldName{verb == "prepare" ? "task" : "model"});
}

std::string foreign_option(const Words& words, const std::string& word) {
  const std::string flag = word.substr(0, word.find('='));
  for (const auto& verb : task_verbs()) {
    if (!is_typed(words, verb)) continue;
    for (const Task* task : tasks_with(verb)) {
      const auto request = task->action(verb)->request();
      if (has_flag(request->fields(), flag)) return flag + " is an option of the " + task->name() + " task";
    }
  }
  return "";
}

}  // namespace heed::cli
