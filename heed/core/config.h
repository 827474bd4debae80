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

/// One field of a config struct: its name in TOML, the variable it is bound to, one line of help, and a check
/// that returns what is wrong ("must be at least 1") or an empty string.
///
/// The defaults are those of the struct. Every struct has one function that lists its fields,
///
///     std::vector<Field> fields(TransformerOptions& options) {
///       return {{"d_model", &options.d_model, "width of the residual stream", at_least(1)}};
///     }
///
/// and that one table reads TOML, names unknown keys, writes the resolved config, and prints the help.
struct Field {
  using Value = std::variant<int64_t*, double*, bool*, std::string*>;
  using Check = std::function<std::string(const Value&)>;
  std::string name;
  Value value;
  std::string help;
  Check check = nullptr;
};

Field::Check at_least(double minimum);
Field::Check between(double low, double high);  ///< both ends allowed
Field::Check one_of(std::vector<std::string> names);

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

/// Lays `over` upon `base`: tables merge, other values replace.
void merge_toml(toml::table& base, const toml::table& over);

/// "model.d_model=256": the value is TOML; what is not TOML is taken as a string. Error(kConfig) without '='.
void set_toml(toml::table& table, const std::string& assignment);

/// The name nearest to `name` by edit distance, or an empty string when none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& names);

/// "unknown key 'd_modle'; did you mean 'd_model'?".
std::string unknown_name_message(const std::string& what, std::string_view name,
                                 const std::vector<std::string>& names);

}  // namespace heed
