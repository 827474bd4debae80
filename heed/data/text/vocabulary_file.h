// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace heed::text {

/// A JSON file with a list of texts in the order of their tokens: {"characters": ["\n", " ", "!"]}.
void write_vocabulary_file(const std::filesystem::path& path, const std::string& name,
                           const std::vector<std::string>& entries);
/// Reads it. Throws Error(kData) if it is not such a file, an entry is empty or occurs twice, or there are
/// more than 2^24.
std::vector<std::string> read_vocabulary_file(const std::filesystem::path& path, const std::string& name);

}  // namespace heed::text
