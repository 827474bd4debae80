// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/action.h"

namespace heed::tasks {

Action prepare_language_action();
Action evaluate_language_action();
Action generate_language_action();
Action inspect_language_attention_action();
Action inspect_language_surprise_action();

}  // namespace heed::tasks
