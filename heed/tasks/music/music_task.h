// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/task.h"

namespace heed::tasks {

/// Music from MIDI files and chorales: autoregressive models of event or voice tokens.
const Task& music_task();

}  // namespace heed::tasks
