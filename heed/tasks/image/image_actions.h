// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/action.h"

namespace heed::tasks {

// What the image task does; each in a file of its own.
Action prepare_image_action();
Action evaluate_image_action();
Action generate_image_action();
Action inspect_image_attention_action();
Action inspect_image_equivariance_action();

}  // namespace heed::tasks
