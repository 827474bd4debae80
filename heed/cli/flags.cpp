// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/flags.h"

#include <algorithm>

#include "heed/core/error.h"

namespace heed::cli {
namespace {

void set_field(const Field& field, const std::vector<std::string>& words) {
  std::string problem = set_text(field, words);
  if (problem.empty() && field.check) problem = field.check(field.value);
  if (!problem.empty()) throw Error(ErrorKind::kUsage, problem, FieldName{field.name});
}

bool is_list(const Field& field) {
  return type_text(field).ends_with("s") || type_text(field).ends_with("...");
}

/// "sentences decoded together [64]".
std::string help_of(const Field& field) {
  const std::string value = default_shown(field);
  return field.help + (field.required ? " (required)" : value.empty() ? "" : " [" + value + "]");
}

CLI::Option* add_flag(CLI::App& verb, const Field& field) {
  if (std::holds_alternative<bool*>(field.value)) {
    return verb.add_flag_callback(
        flag_of(field.name), [&field] { set_field(field, {}); }, field.help);
  }
  auto* option = verb.add_option_function<std::vector<std::string>>(
      flag_of(field.name), [&field](const std::vector<std::string>& words) { set_field(field, words); },
      help_of(field));
  option->expected(is_list(field) ? -1 : 1)->type_name(type_text(field));
  if (is_list(field)) option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return option;
}

}  // namespace

std::string flag_of(const std::string& field) {
  std::string flag = "--" + field;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string default_shown(const Field& field) {
  if (!field.default_text.empty() || field.required) return field.default_text;
  return std::holds_alternative<bool*>(field.value) ? "" : value_text(field);
}

void add_flags(CLI::App& verb, const Fields& fields) {
  for (const auto& field : fields) {
    auto* option = add_flag(verb, field);
    if (!field.group.empty()) option->group(field.group);
  }
}

std::vector<std::string> given_fields(const CLI::App& verb, const Fields& fields) {
  std::vector<std::string> given;
  for (const auto& field : fields)
    if (verb.get_option(flag_of(field.name))->count() > 0) given.push_back(field.name);
  return given;
}

void check_given(const Fields& fields, const std::vector<std::string>& given) {
  check_relations(fields, given, flag_of);
}

std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options()) names.push_back(option->get_name());
  return names;
}

}  // namespace heed::cli
