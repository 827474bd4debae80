// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <map>
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

/// What a folder of images holds.
struct FolderContent {
  int64_t images = 0;
  bool has_own = false;           ///< images in the folder itself, not below it
  std::set<std::string> folders;  ///< names of the folders in it

  /// Whether all its images are in folders of splits.
  bool holds_splits() const {
    return !has_own && std::all_of(folders.begin(), folders.end(),
                                   [](const auto& name) { return !split_name(name).empty(); });
  }
};

/// The folders that the remaining paths begin with.
struct FolderLevel {
  int64_t images = 0, loose = 0;  ///< all images, and those in no folder
  std::map<std::string, FolderContent, std::less<>> folders;
};

/// Whether strays among so many images are passed over.
bool are_few(int64_t strays, int64_t images) {
  return strays * 20 <= images || (strays == 1 && images >= 8);
}

class NameReader {
 public:
  NameReader(const std::vector<std::string>& paths, const std::string& place) : place_(place) {
    names_.reserve(paths.size());
    for (const auto& path : paths) names_.push_back({"train", "", path});
  }

  std::vector<ImageName> read() {
    for (;;) {
      const FolderLevel level = look();
      if (level.folders.empty()) break;
      if (level.loose > 0) {
        settle_loose(level);
      } else if (!take_splits(level) && !enter_shared_folder(level)) {
        take_classes(level);
        break;
      }
    }
    return std::move(names_);
  }

 private:
  FolderLevel look() const {
    FolderLevel level;
    for (const auto& name : names_) {
      if (name.split.empty()) continue;
      ++level.images;
      const std::string_view folder = first_folder(name.rest);
      if (folder.empty()) {
        ++level.loose;
        continue;
      }
      auto found = level.folders.find(folder);
      if (found == level.folders.end()) found = level.folders.emplace(folder, FolderContent{}).first;
      FolderContent& content = found->second;
      ++content.images;
      const std::string_view next = first_folder(std::string_view(name.rest).substr(folder.size() + 1));
      if (next.empty()) {
        content.has_own = true;
      } else if (content.folders.empty() || *content.folders.rbegin() != next) {
        content.folders.emplace(next);
      }
    }
    return level;
  }

  /// Passes over the images whose first folder is not wanted ("" stands for none).
  template <class Wanted>
  void keep_where(const Wanted& wanted) {
    for (auto& name : names_) {
      if (!name.split.empty() && !wanted(first_folder(name.rest))) name.split.clear();
    }
  }

  void drop_first_folder() {
    for (auto& name : names_) {
      if (!name.split.empty()) name.rest.erase(0, name.rest.find('/') + 1);
    }
  }

  void settle_loose(const FolderLevel& level) {
    const int64_t inside = level.images - level.loose;
    if (are_few(level.loose, level.images))
      return keep_where([](std::string_view folder) { return !folder.empty(); });
    if (are_few(inside, level.images))
      return keep_where([](std::string_view folder) { return folder.empty(); });
    throw Error(ErrorKind::kData,
                "some images are in class folders (" + std::to_string(inside) + ", such as " +
                    shown_name(an_image(true)) + ") and others beside them (" + std::to_string(level.loose) +
                    ", such as " + shown_name(an_image(false)) +
                    "); move the latter away or into a class folder",
                place_);
  }

  std::string an_image(bool in_folder) const {
    const auto found = std::find_if(names_.begin(), names_.end(), [&](const ImageName& name) {
      return !name.split.empty() && first_folder(name.rest).empty() != in_folder;
    });
    return found->rest;
  }

  bool take_splits(const FolderLevel& level) {
    if (has_splits_) return false;
    std::set<std::string> splits;
    int64_t beside = 0;
    std::string folder_beside;
    for (const auto& [folder, content] : level.folders) {
      const std::string split = split_name(folder);
      if (!split.empty()) {
        splits.insert(split);
      } else {
        beside += content.images;
        folder_beside = folder;
      }
    }
    if (splits.empty() || (beside > 0 && splits.size() < 2)) return false;
    if (!are_few(beside, level.images)) {
      throw Error(ErrorKind::kData,
                  std::to_string(beside) + " images are in other folders (" + shown_name(folder_beside) +
                      ") beside the splits " + *splits.begin() + " and " + *splits.rbegin() +
                      "; move them away or into a split, or rename the splits if they are classes",
                  place_);
    }
    keep_where([](std::string_view folder) { return !split_name(folder).empty(); });
    for (auto& name : names_) {
      if (!name.split.empty()) name.split = split_name(first_folder(name.rest));
    }
    drop_first_folder();
    has_splits_ = true;
    return true;
  }

  /// Enters the only folder, or the one that holds class folders or splits beside a few strays.
  bool enter_shared_folder(const FolderLevel& level) {
    const auto largest =
        std::max_element(level.folders.begin(), level.folders.end(),
                         [](const auto& a, const auto& b) { return a.second.images < b.second.images; });
    const std::string& folder = largest->first;
    const auto& content = largest->second;
    const bool holds_folders = !content.has_own && (content.folders.size() > 1 || content.holds_splits());
    const bool alone = level.folders.size() == 1;
    if (!alone && (!holds_folders || !are_few(level.images - content.images, level.images))) return false;
    // Beside a class of class folders, a small class would be taken for a stray: only if it has none itself.
    const auto is_flat = [&](const auto& other) { return other.first == folder || other.second.has_own; };
    if (!alone && !std::all_of(level.folders.begin(), level.folders.end(), is_flat)) return false;
    keep_where([&wanted = folder](std::string_view name) { return name == wanted; });
    drop_first_folder();
    return true;
  }

  void take_classes(const FolderLevel& level) {
    const bool split_below =
        !has_splits_ && std::all_of(level.folders.begin(), level.folders.end(),
                                    [](const auto& folder) { return folder.second.holds_splits(); });
    for (auto& name : names_) {
      if (name.split.empty()) continue;
      name.class_name = first_folder(name.rest);
      if (text::well_formed_prefix(name.class_name) != name.class_name.size()) {
        throw Error(ErrorKind::kData,
                    "the name of a class folder is not valid UTF-8: " + shown_name(name.class_name) +
                        "; rename the folder, or write the archive with names in UTF-8",
                    place_);
      }
      if (!split_below) continue;
      const size_t begin = name.class_name.size() + 1;
      const std::string folder(first_folder(std::string_view(name.rest).substr(begin)));
      name.split = split_name(folder);
      name.rest.erase(begin, folder.size() + 1);
    }
  }

  const std::string& place_;
  std::vector<ImageName> names_;
  bool has_splits_ = false;
};

/// Takes back one image of each class that `chosen` would leave without an image in train: the one with the
/// highest hash.
void keep_each_class(const std::vector<const ImageName*>& train, std::vector<bool>& chosen) {
  std::map<std::string, size_t> best;  // by class: the image to keep
  std::set<std::string> kept;
  for (size_t i = 0; i < train.size(); ++i) {
    if (!chosen[i]) kept.insert(train[i]->class_name);
    const auto [found, is_new] = best.emplace(train[i]->class_name, i);
    if (!is_new && stable_hash(train[i]->rest) > stable_hash(train[found->second]->rest)) found->second = i;
  }
  for (const auto& [name, i] : best) {
    if (kept.count(name) == 0) chosen[i] = false;
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
  std::vector<ImageName> names = NameReader(paths, place).read();
  std::vector<const ImageName*> train;
  std::vector<std::string> train_names;
  for (const auto& name : names) {
    if (name.split == "valid") return names;
    if (name.split != "train") continue;
    train.push_back(&name);
    train_names.push_back(name.rest);
  }
  auto chosen = choose_valid(train_names, valid_share);
  keep_each_class(train, chosen);
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
