// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace heed::graph {

/// Throws Error(kData) with file and line for bytes that are not UTF-8 and for zero bytes.
void check_text(std::string_view text, const std::string& file);

/// "a.csv, line 3": the line at a byte of the text.
std::string place_at(std::string_view text, size_t byte, const std::string& file);

}  // namespace heed::graph
