// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/file_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

namespace heed::text {
namespace fs = std::filesystem;
namespace {

constexpr const char* kCatalogueFolder = "LC_MESSAGES";

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts;
  for (size_t begin = 0, end = 0; end < name.size(); begin = end + 1) {
    end = std::min(name.find_first_of("._-", begin), name.size());
    parts.push_back(name.substr(begin, end - begin));
  }
  return parts;
}

/// Returns the split that a part of a name denotes, or "". "newstest2014" is test.
std::string split_name(const std::string& part) {
  constexpr std::array<std::pair<std::string_view, const char*>, 11> kNames{{{"train", "train"},
                                                                             {"training", "train"},
                                                                             {"valid", "valid"},
                                                                             {"validation", "valid"},
                                                                             {"val", "valid"},
                                                                             {"dev", "valid"},
                                                                             {"newsdev", "valid"},
                                                                             {"test", "test"},
                                                                             {"tst", "test"},
                                                                             {"newstest", "test"},
                                                                             {"testing", "test"}}};
  std::string name = lower_case(part);
  while (!name.empty() && std::isdigit(static_cast<unsigned char>(name.back())) != 0) name.pop_back();
  for (const auto& [written, split] : kNames) {
    if (name == written) return split;
  }
  return "";
}

}  // namespace

bool is_packed(const fs::path& file) {
  return lower_case(file.extension().string()) == ".gz";
}

fs::path unpacked_name(const fs::path& file) {
  return is_packed(file) ? fs::path(file).replace_extension() : file;
}

std::string extension(const fs::path& file) {
  return lower_case(unpacked_name(file).extension().string());
}
bool is_tsv(const fs::path& file) {
  return extension(file) == ".tsv" || extension(file) == ".tab";
}
bool is_compiled(const fs::path& file) {
  return extension(file) == ".mo" || extension(file) == ".gmo";
}
bool is_catalogue(const fs::path& file) {
  return is_compiled(file) || extension(file) == ".po" || extension(file) == ".pot";
}

std::string split_in_path(const fs::path& file, size_t name_parts) {
  const std::string split = named_split(file, name_parts);
  return split.empty() ? "train" : split;
}

std::string named_split(const fs::path& file, size_t name_parts) {
  auto parts = parts_of(file.filename().string());
  parts.resize(std::min(parts.size(), name_parts));
  for (const auto& folder : file.parent_path()) parts.push_back(folder.string());
  for (const auto& part : parts) {
    if (std::string split = split_name(part); !split.empty()) return split;
  }
  return "";
}

bool names_other_languages(const fs::path& file, const LanguagePair& languages) {
  if (!languages.known()) return false;
  const auto parts = parts_of(unpacked_name(file).stem().string());
  const auto wanted = [&](const std::string& a, const std::string& b) {
    return same_language(a, languages.source) && same_language(b, languages.target);
  };
  bool other = false;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (wanted(parts[i], parts[i + 1]) || wanted(parts[i + 1], parts[i])) return false;
    if (is_language_code(parts[i]) && is_language_code(parts[i + 1])) other = true;
  }
  return other;
}

std::string language_in_path(const fs::path& file) {
  const std::string stem = unpacked_name(file).stem().string();
  for (size_t begin = 0; begin < stem.size();) {
    if (is_language_tag(std::string_view(stem).substr(begin))) return stem.substr(begin);
    begin = std::min(stem.find_first_of("._-", begin), stem.size() - 1) + 1;
  }
  std::string language;
  for (const auto& folder : file.parent_path()) {
    if (folder != kCatalogueFolder && is_language_tag(folder.string())) language = folder.string();
  }
  return language;
}

}  // namespace heed::text
