// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <toml++/toml.h>

#include "heed/tasks/task.h"

namespace heed::tasks {

/// Every task there is, in the order in which they are shown. This is the one list that a new task is added to.
const std::vector<const Task*>& task_list();

/// Throws Error(kConfig) naming the nearest task.
const Task& find_task(const std::string& name);
/// The task that a config names. Throws Error(kConfig) when it names none.
const Task& task_of(const toml::table& config);

}  // namespace heed::tasks
