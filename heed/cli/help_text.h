// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace heed::cli {

/// Columns of the terminal that stdout is; 100 when it is not one.
size_t terminal_columns();

/// Help of CLI11 for reading: descriptions wrapped to `columns` with a hanging indent, one blank line between groups.
std::string wrapped_help(const std::string& help, size_t columns);

}  // namespace heed::cli
