// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/task.h"

namespace heed::tasks {

/// A task as an outsider adds it: lines of digits, and models that continue them.
const Task& digits_task();

}  // namespace heed::tasks
