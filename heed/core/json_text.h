// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace heed {

/// The value as one line of JSON. The strings of the value may hold any bytes, for they may be file names: a byte that
/// is not UTF-8, 0x80 to 0xFF, is written as the escape "\udc80" to "\udcff". Python reads it back with
/// os.fsencode(json.loads(text)); readers that know no lone surrogates show U+FFFD.
std::string json_text(const nlohmann::ordered_json& value);

}  // namespace heed
