// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace heed {

/// Reads all of the text as a number. Returns what is wrong, "" if nothing is: "must be a whole number, got 'x'",
/// "must be at most 9223372036854775807, got 99999999999999999999", "must be a number, got '0,9': write 0.9". A number
/// must be finite.
std::string read_number(std::string_view text, int64_t& value);
std::string read_number(std::string_view text, uint64_t& value);
std::string read_number(std::string_view text, double& value);

}  // namespace heed
