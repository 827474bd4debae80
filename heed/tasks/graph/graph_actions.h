// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/action.h"

namespace heed::tasks {

Action prepare_graph_action();
Action evaluate_graph_action();
Action predict_graph_action();
Action inspect_graph_action();
Action inspect_graph_equivariance_action();

}  // namespace heed::tasks
