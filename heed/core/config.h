// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <toml++/toml.h>

namespace heed {

/// A field of a config struct: its name in TOML, the variable it is bound to, a line of help, and a check
/// that returns an error message ("must be at least 1") or "".
///
/// The struct defines the defaults. Every struct has one function that lists its fields:
///
///     std::vector<Field> fields(TransformerOptions& options) {
///       return {{"d_model", &options.d_model, "width of the residual stream", at_least(1)}};
///     }
///
/// This table reads TOML, reports unknown keys, writes the resolved config and prints the help.
struct Field {
  using Value = std::variant<int64_t*, double*, bool*, std::string*>;
  using Check = std::function<std::string(const Value&)>;
  std::string name;
  Value value;
  std::string help;
  Check check = nullptr;
};

Field::Check at_least(double minimum);
Field::Check between(double low, double high);  ///< both ends inclusive
Field::Check one_of(std::vector<std::string> names);

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

/// Merges `over` into `base`: tables are merged, other values replaced.
void merge_toml(toml::table& base, const toml::table& over);

/// Sets a value by "model.d_model=256". The value is TOML, or else a string. Throws Error(kConfig) without
/// '='.
void set_toml(toml::table& table, const std::string& assignment);

/// Returns the name nearest to `name` by edit distance; "" if none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& names);

/// Returns a message such as "unknown key 'd_modle'; did you mean 'd_model'?".
std::string unknown_name_message(const std::string& what, std::string_view name,
                                 const std::vector<std::string>& names);

}  // namespace heed
