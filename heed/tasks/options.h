// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/core/field.h"
#include "heed/evaluation/mean_with_error.h"
#include "heed/tasks/action.h"

namespace heed::tasks {

// Fields that actions of several tasks share.
Field data_field(Paths& data);
Field split_field(std::string& split);
/// 1 to 2^20.
Field batch_size_field(int64_t& batch_size, std::string help);

/// True when the user set the field.
bool is_given(const std::vector<std::string>& given, const std::string& name);

// Parts of results.
/// "name  value", one line for each entry of an object: what people read.
std::vector<std::string> entry_lines(const Json& entries);
Json mean_json(const evaluation::MeanWithError& value);
/// "0.9": the shortest form.
std::string short_number(double number);
/// "12.35" for two decimals.
std::string fixed_number(double number, int decimals);

/// The last part of a model's folder, as a title.
std::string model_title(const std::filesystem::path& folder);

}  // namespace heed::tasks
