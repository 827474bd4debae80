// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"

namespace heed::graph {

/// A format of which each file holds whole graphs. A new one is a row of the list in graph_formats.cpp.
struct GraphFormat {
  std::string_view name;                       ///< "SDF"
  std::vector<std::string_view> endings;       ///< in lower case, without that of a packing: ".sdf"
  bool (*recognises)(std::string_view begin);  ///< by the first bytes of the unpacked content
  GraphSet (*read)(const std::filesystem::path& path, const GraphReadOptions& options);
};
std::span<const GraphFormat> graph_formats();

/// The format of a file, by its ending or else by its content; null if it can only be a table.
const GraphFormat* format_by_ending(const std::filesystem::path& path);
const GraphFormat* format_by_content(const std::filesystem::path& path);

/// Whether the ending is that of a table of nodes, edges or molecules (see table_reader.h).
bool has_table_ending(const std::filesystem::path& path);

}  // namespace heed::graph
