// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/task.h"

namespace heed::tasks {

/// Language models: text continued token by token.
const Task& language_task();

}  // namespace heed::tasks
