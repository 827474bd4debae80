// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/task.h"

namespace heed::tasks {

/// Classes and numbers of the nodes of graphs, and of whole graphs such as molecules.
const Task& graph_task();

}  // namespace heed::tasks
