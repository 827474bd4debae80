// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/splits.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/log.h"
#include "heed/data/csv.h"
#include "heed/data/music/midi_folder.h"
#include "heed/data/stable_hash.h"

namespace heed::music {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kMaxCsvBytes = uint64_t{256} << 20;
constexpr double kHeldOutShare = 0.1;

std::string lower_trimmed(std::string_view written) {
  std::string text;
  for (const char c : written) text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// Returns train, valid or test; "" if the name denotes no split.
std::string split_name(std::string_view written) {
  const std::string name = lower_trimmed(written);
  if (name == "validation" || name == "val" || name == "dev") return "valid";
  return name == "train" || name == "valid" || name == "test" ? name : "";
}

size_t find_column(const CsvRow& header, std::initializer_list<std::string_view> names,
                   const std::string& file) {
  for (const auto name : names) {
    const auto found = std::find_if(header.cells.begin(), header.cells.end(),
                                    [&](const std::string& cell) { return lower_trimmed(cell) == name; });
    if (found != header.cells.end()) return static_cast<size_t>(found - header.cells.begin());
  }
  std::string wanted;
  for (const auto name : names) wanted += (wanted.empty() ? "" : ", ") + std::string(name);
  throw Error(ErrorKind::kData, "has no column " + wanted, file + ", line 1");
}

/// Returns the form of a path that listed and found files share. Tables from Windows have backslashes.
std::string plain_path(std::string path) {
  if (path.find('/') == std::string::npos) std::replace(path.begin(), path.end(), '\\', '/');
  return fs::path(path).lexically_normal().generic_string();
}

/// Reads the table: the split of every path in it.
Splits read_split_file(const fs::path& path) {
  const std::string file = path.string();
  const std::string text = read_text(path, kMaxCsvBytes);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw Error(ErrorKind::kData, "is in UTF-16; save it as UTF-8", file);
  const auto rows = parse_csv(text, file, csv_separator(text));
  if (rows.empty()) throw Error(ErrorKind::kData, "is empty; it needs a header", file);
  const size_t split_column = find_column(rows[0], {"split"}, file);
  const size_t name_column =
      find_column(rows[0], {"midi_performance", "midi_filename", "file", "filename", "path"}, file);
  Splits splits;
  for (size_t r = 1; r < rows.size(); ++r) {
    const auto& cells = rows[r].cells;
    const std::string place = file + ", line " + std::to_string(rows[r].line);
    if (cells.size() <= std::max(split_column, name_column)) {
      throw Error(ErrorKind::kData, "has " + std::to_string(cells.size()) + " columns, fewer than the header",
                  place);
    }
    const std::string split = split_name(cells[split_column]);
    if (split.empty()) {
      throw Error(ErrorKind::kData,
                  "unknown split '" + cells[split_column] + "'; use train, valid (or validation) or test",
                  place);
    }
    const std::string name = plain_path(cells[name_column]);
    if (const auto [there, is_new] = splits.emplace(name, split); !is_new && there->second != split) {
      throw Error(ErrorKind::kData, name + " is in both " + split + " and " + there->second, place);
    }
  }
  return splits;
}

void warn_left_out(size_t count, size_t all, const std::string& where) {
  if (count == 0) return;
  warn(std::to_string(count) + " of " + std::to_string(all) + " files are not in " + where +
       " and are skipped");
}

/// Says which of the listed files are not in the folder.
void warn_missing(const Splits& listed, const Splits& found, const std::string& where) {
  std::vector<std::string> missing;
  for (const auto& [name, split] : listed) {
    if (found.count(name) == 0) missing.push_back(name);
  }
  if (missing.empty()) return;
  warn(std::to_string(missing.size()) + " of " + std::to_string(listed.size()) + " files in " + where +
       " are not in the folder: " + first_names(missing));
}

Splits split_by_file(const std::vector<std::string>& names, const fs::path& split_file) {
  const Splits listed = read_split_file(split_file);
  Splits splits;
  for (const auto& name : names) {
    if (const auto found = listed.find(name); found != listed.end()) splits.insert(*found);
  }
  if (splits.empty() && !names.empty()) {
    throw Error(ErrorKind::kData,
                "lists none of the folder's files, such as " + names.front() +
                    (listed.empty() ? "" : "; it lists " + listed.begin()->first),
                split_file.string());
  }
  warn_missing(listed, splits, split_file.string());
  warn_left_out(names.size() - splits.size(), names.size(), split_file.string());
  return splits;
}

Splits split_by_folder(const std::vector<std::string>& names) {
  Splits splits;
  for (const auto& name : names) {
    const size_t slash = name.find('/');
    const std::string split = slash == std::string::npos ? "" : split_name(name.substr(0, slash));
    if (!split.empty()) splits.emplace(name, split);
  }
  return splits;
}

bool has_train_and_another(const Splits& splits) {
  const auto holds = [&](std::string_view split) {
    return std::any_of(splits.begin(), splits.end(),
                       [&](const auto& entry) { return entry.second == split; });
  };
  return holds("train") && (holds("valid") || holds("test"));
}

Splits split_automatically(const std::vector<std::string>& names) {
  std::vector<std::pair<uint64_t, std::string>> order;
  for (const auto& name : names) order.emplace_back(stable_hash(name), name);
  std::sort(order.begin(), order.end());
  const size_t count = order.size();
  const auto share = static_cast<size_t>(std::lround(kHeldOutShare * static_cast<double>(count)));
  const size_t valid = count >= 2 ? std::max<size_t>(1, share) : 0;
  const size_t test = share;
  Splits splits;
  for (size_t i = 0; i < count; ++i) {
    splits.emplace(order[i].second, i < valid ? "valid" : i < valid + test ? "test" : "train");
  }
  return splits;
}

}  // namespace

SplitRule::SplitRule(const std::vector<std::string>& names, const std::optional<fs::path>& split_file) {
  if (split_file) {
    fixed_ = split_by_file(names, *split_file);
  } else if (Splits splits = split_by_folder(names); has_train_and_another(splits)) {
    warn_left_out(names.size() - splits.size(), names.size(), "train, valid or test");
    fixed_ = std::move(splits);
  }
}

Splits SplitRule::deal(const std::vector<std::string>& read) const {
  if (!fixed_) return split_automatically(read);
  Splits splits;
  for (const auto& name : read) {
    if (const auto found = fixed_->find(name); found != fixed_->end()) splits.insert(*found);
  }
  return splits;
}

}  // namespace heed::music
