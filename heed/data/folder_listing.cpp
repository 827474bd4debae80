// SPDX-License-Identifier: Apache-2.0
#include "heed/data/folder_listing.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include <sys/stat.h>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/data/lower_extension.h"

namespace heed {
namespace fs = std::filesystem;
namespace {

constexpr size_t kNamedPaths = 5, kNamedEndings = 10;

/// Device and inode: the same for two names of one folder.
using FolderIdentity = std::pair<dev_t, ino_t>;

class Lister {
 public:
  explicit Lister(const fs::path& top) : top_(top) {}

  FolderListing list() {
    // Folders in their own place come first; links to folders wait, so that a link never takes their place.
    list_below("");
    while (!links_.empty()) {
      const std::set<std::string> links = std::exchange(links_, {});
      for (const auto& link : links) list_below(link);
    }
    std::sort(found_.files.begin(), found_.files.end());
    std::sort(found_.unreadable.begin(), found_.unreadable.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    std::sort(found_.repeated_links.begin(), found_.repeated_links.end());
    return std::move(found_);
  }

 private:
  /// Lists the folder of this name and those in it. A stack, not recursion: a tree may be deep.
  void list_below(const std::string& name) {
    std::vector<std::string> open{name};
    while (!open.empty()) {
      const std::string folder = std::move(open.back());
      open.pop_back();
      if (is_new(folder)) list_one(folder, open);
    }
  }

  bool is_new(const std::string& folder) {
    struct stat status {};
    if (::stat((top_ / folder).c_str(), &status) != 0) return true;  // listing it says why
    if (seen_.emplace(status.st_dev, status.st_ino).second) return true;
    found_.repeated_links.push_back(folder);
    return false;
  }

  void list_one(const std::string& folder, std::vector<std::string>& open) {
    std::error_code code;
    fs::directory_iterator entry(top_ / folder, code);
    for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
      const std::string own = entry->path().filename().string();
      if (is_system_name(own)) {
        ++found_.system_entries;
      } else {
        sort_in(*entry, folder.empty() ? own : folder + "/" + own, open);
      }
    }
    if (!code) return;
    if (folder.empty())
      throw Error(ErrorKind::kData, "cannot list the folder: " + code.message(), top_.string());
    found_.unreadable.push_back({folder, code.message()});
  }

  void sort_in(const fs::directory_entry& entry, const std::string& name, std::vector<std::string>& open) {
    std::error_code code;
    const bool is_link = entry.is_symlink(code);
    const fs::file_status target = entry.status(code);
    if (fs::is_regular_file(target)) {
      found_.files.push_back(name);
    } else if (fs::is_directory(target)) {
      if (is_link) {
        links_.insert(name);
      } else {
        open.push_back(name);
      }
    } else if (target.type() == fs::file_type::not_found) {
      found_.unreadable.push_back({name, "the link leads nowhere"});
    } else if (code) {
      found_.unreadable.push_back({name, code.message()});
    }
  }

  const fs::path& top_;
  FolderListing found_;
  std::set<FolderIdentity> seen_;
  std::set<std::string> links_;
};

}  // namespace

FolderListing list_folder(const fs::path& folder) {
  return Lister(folder).list();
}

bool is_system_name(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames{"__macosx",     "paxheader", "@eadir",
                                                   "$recycle.bin", "thumbs.db", "desktop.ini"};
  if (name.starts_with('.')) return true;
  std::string lower(name);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool numbered =
      lower.starts_with("paxheaders.") && lower.find_first_not_of("0123456789", 11) == std::string::npos;
  return numbered || std::find(kNames.begin(), kNames.end(), lower) != kNames.end();
}

void report_unlisted(const fs::path& folder, const FolderListing& listing) {
  const size_t named = std::min(kNamedPaths, listing.unreadable.size());
  for (size_t i = 0; i < named; ++i) {
    const auto& [name, reason] = listing.unreadable[i];
    warn("cannot read " + (folder / name).string() + ": " + reason);
  }
  if (named < listing.unreadable.size()) {
    warn(folder.string() + ": " + std::to_string(listing.unreadable.size()) +
         " folders and links cannot be read in total");
  }
  if (listing.repeated_links.empty()) return;
  const size_t more = listing.repeated_links.size() - 1;
  inform((folder / listing.repeated_links.front()).string() +
         (more > 0 ? " and " + std::to_string(more) + " more links lead" : " is a link that leads") +
         " to folders that are read already");
}

std::string count_by_ending(const std::vector<std::string>& files) {
  std::map<std::string, int64_t> counts;
  for (const auto& file : files) ++counts[lower_extension(file)];
  std::vector<std::pair<int64_t, std::string>> order;
  for (const auto& [ending, count] : counts) order.emplace_back(-count, ending);
  std::sort(order.begin(), order.end());
  std::string text;
  int64_t others = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const auto& [count, ending] = order[i];
    if (i >= kNamedEndings) {
      others -= count;
      continue;
    }
    text += (i > 0 ? ", " : "") + std::to_string(-count) + " " + (ending.empty() ? "without ending" : ending);
  }
  return others > 0 ? text + ", " + std::to_string(others) + " others" : text;
}

}  // namespace heed
