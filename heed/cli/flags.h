// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "heed/core/field.h"

namespace heed::cli {

/// "--top-k" for the field top_k.
std::string flag_of(const std::string& field);

/// The default of a field as help shows it; empty when it has none.
std::string default_shown(const Field& field);

/// Adds a flag for each field, with its help, default and heading. Parsing sets the fields and checks each value; a
/// wrong one is an Error(kUsage) naming the field. The fields must live as long as the verb.
void add_flags(CLI::App& verb, const Fields& fields);

/// The fields that the command line set.
std::vector<std::string> given_fields(const CLI::App& verb, const Fields& fields);

/// Checks what parsing alone cannot: required fields, and fields that need or exclude each other.
void check_given(const Fields& fields, const std::vector<std::string>& given);

/// Names of the options of a verb, those of its groups included.
std::vector<std::string> option_names(const CLI::App& verb);

}  // namespace heed::cli
