// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "heed/data/graph/graph_schema.h"

namespace heed::graph {

/// The schema as JSON, for the folder of a model.
std::string format_schema(const GraphSchema& schema);

/// Throws Error(kCheckpoint) with `place` if the text is not from format_schema.
GraphSchema parse_schema(std::string_view text, const std::string& place);

}  // namespace heed::graph
