// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/tasks/task.h"

namespace heed::tasks {

/// Translation from pairs of sentences: encoder-decoder models over SentencePiece vocabularies.
const Task& translation_task();

}  // namespace heed::tasks
