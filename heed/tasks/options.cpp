// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/options.h"

#include <algorithm>
#include <cstdio>

#include "heed/core/json_text.h"

namespace heed::tasks {

Field data_field(Paths& data) {
  return {"data", &data, "raw data, or prepared data"};
}

Field split_field(std::string& split) {
  return {"split", &split, "train, valid or test", one_of({"train", "valid", "test"})};
}

Field batch_size_field(int64_t& batch_size, std::string help) {
  return {"batch_size", &batch_size, std::move(help), between(1, 1 << 20)};
}

bool is_given(const std::vector<std::string>& given, const std::string& name) {
  return std::find(given.begin(), given.end(), name) != given.end();
}

Json mean_json(const evaluation::MeanWithError& value) {
  return {{"mean", value.mean}, {"standard_error", value.standard_error}};
}

std::vector<std::string> entry_lines(const Json& entries) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : entries.items()) {
    std::string line = name;
    line.resize(std::max<size_t>(24, line.size() + 2), ' ');
    lines.push_back(line + (value.is_string() ? value.get<std::string>() : json_text(value)));
  }
  return lines;
}

std::string short_number(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", number);
  return text;
}

std::string fixed_number(double number, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  return text;
}

std::string model_title(const std::filesystem::path& folder) {
  const auto path = folder.lexically_normal();
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

}  // namespace heed::tasks
