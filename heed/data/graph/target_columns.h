// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// Keeps the numbers to predict that have these names, in this order. Returns false, and changes nothing, if one is not
/// there.
bool select_targets(Targets& targets, const std::vector<std::string>& names);

}  // namespace heed::graph
