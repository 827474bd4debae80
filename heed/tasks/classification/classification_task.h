// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/task.h"

namespace heed::tasks {

/// Classes of texts and of pairs of texts, from a language model or from scratch.
const Task& classification_task();

}  // namespace heed::tasks
