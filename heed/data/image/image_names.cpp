// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/image/shown_name.h"
#include "heed/data/stable_hash.h"
#include "heed/data/text/utf8.h"

namespace heed::image {
namespace {

/// Returns train, valid or test; "" if the folder denotes no split.
std::string split_name(std::string_view folder) {
  constexpr std::array<std::pair<std::string_view, const char*>, 8> kNames{{{"train", "train"},
                                                                            {"training", "train"},
                                                                            {"valid", "valid"},
                                                                            {"validation", "valid"},
                                                                            {"val", "valid"},
                                                                            {"dev", "valid"},
                                                                            {"test", "test"},
                                                                            {"testing", "test"}}};
  std::string name;
  for (const char c : folder) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const auto& [written, split] : kNames) {
    if (name == written) return split;
  }
  return "";
}

/// Returns the path up to its first '/'; "" if it has no folder.
std::string_view first_folder(std::string_view path) {
  const size_t slash = path.find('/');
  return slash == std::string_view::npos ? "" : path.substr(0, slash);
}

void drop_first_folder(std::vector<ImageName>& names) {
  for (auto& name : names) name.rest.erase(0, name.rest.find('/') + 1);
}

void drop_shared_folders(std::vector<ImageName>& names) {
  for (;;) {
    const std::string shared(first_folder(names.front().rest));
    if (shared.empty() || !split_name(shared).empty()) return;
    for (const auto& name : names) {
      if (first_folder(name.rest) != shared) return;
    }
    drop_first_folder(names);
  }
}

/// Assigns splits by the first folder. If not every image is in the folder of a split, all go to train and
/// the result is false.
bool find_splits(std::vector<ImageName>& names) {
  const bool found = std::all_of(names.begin(), names.end(), [](const ImageName& name) {
    return !split_name(first_folder(name.rest)).empty();
  });
  for (auto& name : names) name.split = found ? split_name(first_folder(name.rest)) : "train";
  if (found) drop_first_folder(names);
  return found;
}

void find_classes(std::vector<ImageName>& names, const std::string& place) {
  for (auto& name : names) {
    name.class_name = first_folder(name.rest);
    if (name.class_name.empty() != names.front().class_name.empty()) {
      const auto& [inside, beside] = name.class_name.empty() ? std::pair(names.front().rest, name.rest)
                                                             : std::pair(name.rest, names.front().rest);
      throw Error(ErrorKind::kData,
                  "some images are in class folders (" + shown_name(inside) + ") and others beside them (" +
                      shown_name(beside) + "); move the latter away or into a class folder",
                  place);
    }
    if (text::well_formed_prefix(name.class_name) != name.class_name.size())
      throw Error(ErrorKind::kData,
                  "the name of a class folder is not valid UTF-8: " + shown_name(name.class_name), place);
  }
}

}  // namespace

std::vector<bool> choose_valid(const std::vector<std::string>& names, double share) {
  std::vector<bool> chosen(names.size());
  if (share <= 0 || names.size() < 2) return chosen;
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t i = 0; i < names.size(); ++i) order.emplace_back(stable_hash(names[i]), i);
  const auto [least, most] = std::minmax_element(order.begin(), order.end());
  for (const auto& [hash, i] : order) chosen[i] = static_cast<double>(hash) < share * 0x1p64;
  chosen[least->second] = true;
  chosen[most->second] = false;
  return chosen;
}

std::vector<ImageName> interpret_names(const std::vector<std::string>& paths, double valid_share,
                                       const std::string& place) {
  std::vector<ImageName> names;
  names.reserve(paths.size());
  for (const auto& path : paths) names.push_back({"", "", path});
  if (names.empty()) return names;
  drop_shared_folders(names);
  if (find_splits(names)) drop_shared_folders(names);
  find_classes(names, place);
  std::vector<std::string> train;
  for (const auto& name : names) {
    if (name.split == "valid") return names;
    if (name.split == "train") train.push_back(name.rest);
  }
  const auto chosen = choose_valid(train, valid_share);
  size_t i = 0;
  for (auto& name : names) {
    if (name.split == "train" && chosen[i++]) name.split = "valid";
  }
  return names;
}

std::vector<std::string> class_names(const std::vector<ImageName>& names) {
  std::set<std::string> classes;
  for (const auto& name : names) {
    if (!name.class_name.empty()) classes.insert(name.class_name);
  }
  return {classes.begin(), classes.end()};
}

}  // namespace heed::image
