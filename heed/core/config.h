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

/// Sets the fields that `section` contains. `place` is a location such as "config.toml [model]" for messages.
/// Throws Error(kConfig) for an unknown key (with the nearest one), a wrong type or a failed check.
void read_fields(const toml::table& section, const std::string& place, const std::vector<Field>& fields);

/// Returns every field with its current value, in the order of the fields.
toml::table write_fields(const std::vector<Field>& fields);

/// Returns a line per field: "  d_model = 256    width of the residual stream".
std::string describe_fields(const std::vector<Field>& fields);

/// Parses a file or text. Throws Error(kConfig) with file and line if it is not TOML.
toml::table read_toml(const std::filesystem::path& path);
toml::table parse_toml(std::string_view text, const std::string& place);
std::string format_toml(const toml::table& table);

/// Merges `over` into `base`: tables merge, other values are replaced.
void merge_toml(toml::table& base, const toml::table& over);

/// Sets a string of a section, whatever characters it contains.
void set_string(toml::table& config, const std::string& section, const std::string& name,
                const std::string& value);

/// Sets a value by "model.d_model=256". The value is TOML, or else a string. Throws Error(kConfig) without '='.
void set_toml(toml::table& table, const std::string& assignment);

}  // namespace heed
