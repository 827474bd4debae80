// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/cli/program.h"

namespace heed::cli {

/// Adds every verb that a task has. The verb that was typed gets the options of one task: that of --model, of --task,
/// or the only one whose options fit the command line.
void add_task_verbs(Program& program);

}  // namespace heed::cli
