// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace heed {

/// One field of an options struct: its name, the variable it sets, one line of help, and a check that returns
/// what is wrong ("must be at least 1") or an empty string.
///
/// The defaults are those of the struct. Every struct has one function that lists its fields:
///
///     std::vector<Field> fields(TransformerOptions& options) {
///       return {{"d_model", &options.d_model, "width of the residual stream", at_least(1)}};
///     }
///
/// From that one table come config sections (core/config.h), JSON requests (core/field_json.h), and the flags and
/// help of the program.
struct Field {
  using Value =
      std::variant<int64_t*, double*, bool*, std::string*, uint64_t*, std::filesystem::path*,
                   std::optional<int64_t>*, std::optional<double>*, std::vector<int64_t>*,
                   std::vector<double>*, std::vector<std::string>*, std::vector<std::filesystem::path>*>;
  using Check = std::function<std::string(const Value&)>;

  std::string name;  ///< snake_case; the program spells it --snake-case
  Value value;
  std::string help;
  Check check = nullptr;

  // What requests need besides.
  std::string group = {};  ///< heading in the help; empty: none
  bool required = false;
  std::string default_text = {};           ///< shown in place of the default value, such as "half the length"
  std::vector<std::string> needs = {};     ///< fields without which this one is an error
  std::vector<std::string> excludes = {};  ///< fields with which this one is an error
};

using Fields = std::vector<Field>;

// Checks. They hold for every element of a list; an absent optional value passes.
Field::Check at_least(double minimum);
Field::Check above(double limit);
Field::Check between(double low, double high);  ///< both ends allowed
Field::Check one_of(std::vector<std::string> names);

// Variations of a field, so that a table reads as one line a field.
Field required(Field field);
Field default_text(Field field, std::string text);
Field needs(Field field, std::vector<std::string> others);
Field excludes(Field field, std::vector<std::string> others);
/// All fields under one heading of the help.
Fields under(const std::string& heading, Fields fields);
/// Sets each field of `to` that `names` holds to the value of the same field of `from`: two tables of one options type.
void copy_fields(const Fields& to, const Fields& from, const std::vector<std::string>& names);
/// The field of a name. Throws std::out_of_range when there is none.
Field& field_named(Fields& fields, const std::string& name);
/// Sets the field from the words of a command line. Returns what is wrong ("must be a whole number, got 'x'"), or an
/// empty string.
std::string set_text(const Field& field, std::span<const std::string> words);
/// "number", "path", "text" and so on; empty for a bool, which needs no value.
std::string type_text(const Field& field);
/// The present value as text, such as "0,3"; empty for an absent or empty one.
std::string value_text(const Field& field);
/// One table after another.
Fields operator+(Fields first, Fields second);

/// Throws Error(kUsage) naming the first field whose check fails (Error::field).
void check_fields(const Fields& fields);

/// Throws Error(kUsage) naming the field when a required one is not in `given`, or when `needs` or `excludes` of a
/// given field do not hold. `spell` writes a field's name as the user knows it, such as "--top-k".
void check_relations(const Fields& fields, const std::vector<std::string>& given,
                     const std::function<std::string(const std::string&)>& spell);

}  // namespace heed
