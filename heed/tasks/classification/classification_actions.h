// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/action.h"

namespace heed::tasks {

Action evaluate_classification_action();
Action predict_classification_action();

}  // namespace heed::tasks
