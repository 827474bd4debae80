// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/given_options.h"

#include "heed/core/error.h"

namespace heed::cli {
namespace {

/// The groups of a verb are nameless verbs to CLI11.
std::vector<const CLI::App*> groups(const CLI::App& verb) {
  return verb.get_subcommands([](const CLI::App* inner) { return inner->get_name().empty(); });
}

void refuse(const CLI::Option& option, const std::string& why) {
  if (option.count() > 0) throw Error(ErrorKind::kUsage, why, option.get_name());
}

}  // namespace

std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options()) names.push_back(option->get_name());
  for (const CLI::App* group : groups(verb))
    for (const CLI::Option* option : group->get_options()) names.push_back(option->get_name());
  return names;
}

void refuse_options(const CLI::App& verb, const std::vector<std::string>& names, const std::string& why) {
  for (const auto& name : names) refuse(*verb.get_option(name), why);
}

void refuse_group(const CLI::App& verb, const std::string& heading, const std::string& why) {
  for (const CLI::App* group : groups(verb)) {
    if (group->get_group() != heading) continue;
    for (const CLI::Option* option : group->get_options()) refuse(*option, why);
  }
}

}  // namespace heed::cli
