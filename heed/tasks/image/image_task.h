// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/task.h"

namespace heed::tasks {

/// Images: autoregressive models of pixel values, alone or conditioned on a class or on a smaller image.
const Task& image_task();

}  // namespace heed::tasks
