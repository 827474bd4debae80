// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/action.h"

namespace heed::tasks {

// What the translation task does; each in a file of its own.
Action prepare_translation_action();
Action evaluate_translation_action();
Action translate_action();
Action inspect_translation_attention_action();
Action inspect_translation_diagonal_action();

}  // namespace heed::tasks
