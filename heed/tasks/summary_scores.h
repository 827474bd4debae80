// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "heed/tasks/action.h"

namespace heed::tasks {

/// "rouge1", "rouge2" and "rouge_l" (evaluation/rouge.h): the mean F1 of each. references[r][i] is the r-th reference of text i.
Json summary_scores(std::span<const std::string> texts, std::span<const std::vector<std::string>> references);

}  // namespace heed::tasks
