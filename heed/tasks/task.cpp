// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/task.h"

#include <algorithm>

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/tasks/task_list.h"

namespace heed::tasks {
namespace {

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const Task* task : task_list()) names.push_back(task->name());
  return names;
}

}  // namespace

const Action* Task::action(const std::string& verb) const {
  const auto& all = actions();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Action& action) { return action.verb == verb; });
  return found == all.end() ? nullptr : &*found;
}

const Task& find_task(const std::string& name) {
  for (const Task* task : task_list())
    if (task->name() == name) return *task;
  throw Error(ErrorKind::kConfig, unknown_name_message("task", name, task_names()));
}

const Task& task_of(const toml::table& config) {
  if (!config.contains("task")) {
    throw Error(ErrorKind::kConfig,
                "'task' is missing; known: " + comma_list(task_names()) + ". A preset names its task",
                "config");
  }
  if (!config["task"].is_string()) throw Error(ErrorKind::kConfig, "'task' must be a string", "config");
  return find_task(*config["task"].value<std::string>());
}

}  // namespace heed::tasks
