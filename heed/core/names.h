// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heed {

/// The candidate nearest to `name` by edit distance, or an empty string when none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& names);

/// "unknown key 'd_modle'; did you mean 'd_model'?", or the list of known names when none is near.
std::string unknown_name_message(const std::string& what, std::string_view name,
                                 const std::vector<std::string>& names);

/// "a, b, c".
std::string comma_list(const std::vector<std::string>& names);

}  // namespace heed
