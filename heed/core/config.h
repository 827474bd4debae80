// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "heed/core/field.h"
#include "heed/core/names.h"

namespace heed {

/// Sets the fields that `section` names. `place` is "config.toml [model]" for messages.
/// Throws Error(kConfig) on an unknown key (naming the nearest), a wrong type or a failed check.
void read_fields(const toml::table& section, const std::string& place, const std::vector<Field>& fields);

/// Every field with its present value, in table order.
toml::table write_fields(const std::vector<Field>& fields);

/// "  d_model = 256    width of the residual stream", a line each.
std::string describe_fields(const std::vector<Field>& fields);

/// Parses a file or text; Error(kConfig) with file and line when it is not TOML.
toml::table read_toml(const std::filesystem::path& path);
toml::table parse_toml(std::string_view text, const std::string& place);
std::string format_toml(const toml::table& table);

/// Merges `over` into `base`: tables merge, other values are replaced.
void merge_toml(toml::table& base, const toml::table& over);

/// "model.d_model=256": the value is TOML; what is not TOML is taken as a string. Error(kConfig) without '='.
void set_toml(toml::table& table, const std::string& assignment);

}  // namespace heed
