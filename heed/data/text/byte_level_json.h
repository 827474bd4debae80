// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <nlohmann/json.hpp>

namespace heed::text {

/// Parses JSON that nests no deeper than the files of vocabularies do. Throws Error(kData) with the byte.
nlohmann::json parse_flat_json(std::string_view text, const std::string& place);

/// The ids of an object {"token": id}. Throws Error(kData) if it is none.
std::unordered_map<std::string, int64_t> token_ids(const nlohmann::json& object, const std::string& place);

}  // namespace heed::text
