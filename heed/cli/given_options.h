// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace heed::cli {

/// Names of all options, those in groups among them.
std::vector<std::string> option_names(const CLI::App& verb);

/// What does not fit is refused, not passed over: throws Error(kUsage) with `why` for the first of these
/// options that was given.
void refuse_options(const CLI::App& verb, const std::vector<std::string>& names, const std::string& why);
/// The same for every option under a heading of the help.
void refuse_group(const CLI::App& verb, const std::string& heading, const std::string& why);

}  // namespace heed::cli
