// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/action.h"

namespace heed::tasks {

// What the music task does; each in a file of its own.
Action prepare_music_action();
Action evaluate_music_action();
Action generate_music_action();
Action inspect_music_attention_action();
Action inspect_music_positions_action();

}  // namespace heed::tasks
