// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "heed/core/files.h"

namespace heed::text::testing {

/// What make_byte_level_fixtures.py wrote with Hugging Face's tokenizers.
inline std::filesystem::path byte_level_fixtures() {
  return std::filesystem::path(HEED_SOURCE_DIR) / "tests" / "data" / "text" / "fixtures" / "byte_level";
}

/// {"text", "pieces", "ids", "marked"}: marked are the ids if names of special tokens mean them.
inline std::vector<nlohmann::json> byte_level_cases(const std::string& file = "cases.jsonl") {
  std::istringstream lines(read_text(byte_level_fixtures() / file));
  std::vector<nlohmann::json> cases;
  for (std::string line; std::getline(lines, line);) cases.push_back(nlohmann::json::parse(line));
  return cases;
}

inline nlohmann::json tokenizer_fixture() {
  return nlohmann::json::parse(read_text(byte_level_fixtures() / "tokenizer.json"));
}

}  // namespace heed::text::testing
