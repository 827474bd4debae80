// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/vocabulary_file.h"

#include <unordered_set>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/files.h"

namespace heed::text {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 30;
constexpr size_t kMaxEntries = size_t{1} << 24;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& message) {
  throw Error(ErrorKind::kData, message, path.string());
}

}  // namespace

void write_vocabulary_file(const std::filesystem::path& path, const std::string& name,
                           const std::vector<std::string>& entries) {
  write_atomically(path, nlohmann::json{{name, entries}}.dump() + "\n");
}

std::vector<std::string> read_vocabulary_file(const std::filesystem::path& path, const std::string& name) {
  const auto json = nlohmann::json::parse(read_text(path, kMaxBytes), nullptr, false);
  if (!json.is_object() || !json.contains(name) || !json[name].is_array())
    fail(path, "is not a vocabulary: expected a JSON object with a list \"" + name + "\"");
  if (json[name].size() > kMaxEntries) fail(path, "has more than 16,777,216 entries");
  std::vector<std::string> entries;
  std::unordered_set<std::string> seen;
  for (const auto& entry : json[name]) {
    if (!entry.is_string() || entry.get_ref<const std::string&>().empty())
      fail(path, "entry " + std::to_string(entries.size()) + " is not a text");
    entries.push_back(entry.get<std::string>());
    if (!seen.insert(entries.back()).second) fail(path, "'" + entries.back() + "' occurs twice");
  }
  return entries;
}

}  // namespace heed::text
