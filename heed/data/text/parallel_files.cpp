// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/parallel_files.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/data/text/catalogue_pairs.h"
#include "heed/data/text/file_names.h"

namespace heed::text {
namespace fs = std::filesystem;
namespace {

enum class Side { kNeither, kSource, kTarget };

/// Returns the language in which the name ends.
Side side_of(const fs::path& file, const LanguagePair& languages) {
  std::string ending = unpacked_name(file).extension().string();
  if (ending.empty() || !languages.known()) return Side::kNeither;
  ending.erase(0, 1);
  if (ending == languages.source) return Side::kSource;
  if (ending == languages.target) return Side::kTarget;
  if (same_language(ending, languages.source)) return Side::kSource;
  return same_language(ending, languages.target) ? Side::kTarget : Side::kNeither;
}

struct AlignedPairs {
  std::vector<std::pair<fs::path, fs::path>> pairs;
  std::vector<fs::path> alone;
};

/// Pairs files whose names differ only in the language.
AlignedPairs pair_by_language(const std::vector<fs::path>& files, const LanguagePair& languages) {
  std::map<fs::path, std::array<fs::path, 2>> by_stem;
  AlignedPairs found;
  for (const auto& file : files) {
    const Side side = side_of(file, languages);
    if (side == Side::kNeither) {
      found.alone.push_back(file);
      continue;
    }
    fs::path& entry = by_stem[unpacked_name(file).replace_extension()][side == Side::kSource ? 0 : 1];
    if (entry.empty() || (is_packed(entry) && !is_packed(file))) entry = file;
  }
  for (const auto& [stem, sides] : by_stem) {
    if (!sides[0].empty() && !sides[1].empty()) {
      found.pairs.emplace_back(sides[0], sides[1]);
    } else {
      found.alone.push_back(sides[0].empty() ? sides[1] : sides[0]);
    }
  }
  return found;
}

/// Lists the files in the folder and its subfolders, sorted.
std::vector<fs::path> list_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, code);
  for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    std::error_code ignored;
    if (entry->path().filename().string().starts_with('.')) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file(ignored)) {
      files.push_back(entry->path());
    }
  }
  if (code) throw Error(ErrorKind::kData, "cannot list the folder: " + code.message(), folder.string());
  std::sort(files.begin(), files.end());
  return files;
}

/// Returns the header's language; "" if the file cannot be read.
std::string language_in_header(const fs::path& file) try {
  return read_catalogue(file).header_field("Language");
} catch (const Error& error) {
  if (error.kind() != ErrorKind::kData) throw;
  return "";
}

bool is_in_language(const fs::path& file, const fs::path& folder, const std::string& language) {
  if (language.empty()) return true;
  std::string found = language_in_path(file.lexically_relative(folder));
  if (found.empty()) found = language_in_header(file);
  return found.empty() || same_language(found, language);
}

/// Drops files that are another form of a file in the list: app.mo beside app.po, app.po.gz beside app.po.
std::vector<fs::path> without_doubles(const std::vector<fs::path>& files) {
  const auto rank = [](const fs::path& file) { return 2 * is_compiled(file) + is_packed(file); };
  std::map<fs::path, fs::path> best;
  for (const auto& file : files) {
    const auto stem = is_catalogue(file) ? unpacked_name(file).replace_extension() : unpacked_name(file);
    const auto [entry, is_new] = best.emplace(stem, file);
    if (!is_new && rank(file) < rank(entry->second)) entry->second = file;
  }
  std::vector<fs::path> kept;
  kept.reserve(best.size());
  for (const auto& [stem, file] : best) kept.push_back(file);
  return kept;
}

class Finder {
 public:
  explicit Finder(const LanguagePair& languages) : languages_(languages) {}

  void add_folder(const fs::path& folder) {
    const auto files = list_files(folder);
    const size_t before = found_.size();
    const bool any = add_aligned(files, folder) || add_tsv(files, folder) || add_catalogues(files, folder);
    for (size_t i = before; i < found_.size(); ++i) found_[i].in_folder = true;
    if (any) return;
    throw Error(ErrorKind::kData, "has no parallel text: neither " + wanted() + " nor .tsv, .po or .mo files",
                folder.string());
  }

  /// Adds files that the user named individually.
  void add_files(const std::vector<fs::path>& files) {
    std::vector<fs::path> plain;
    for (const auto& file : files) {
      if (is_tsv(file)) {
        add(ParallelFormat::kTsv, file);
      } else if (is_catalogue(file)) {
        add(ParallelFormat::kCatalogue, file);
      } else {
        plain.push_back(file);
      }
    }
    if (plain.size() == 1) return add(ParallelFormat::kTsv, plain[0]);
    const AlignedPairs aligned = pair_by_language(plain, languages_);
    for (const auto& [source, target] : aligned.pairs) add(ParallelFormat::kAligned, source, target);
    if (aligned.alone.size() % 2 != 0) {
      throw Error(ErrorKind::kData, "has no partner; give files in pairs, source and target",
                  aligned.alone.back().string());
    }
    // In the order given. The pairs above are in the order of their names.
    std::vector<fs::path> rest;
    const auto is_alone = [&](const fs::path& file) {
      return std::find(aligned.alone.begin(), aligned.alone.end(), file) != aligned.alone.end();
    };
    std::copy_if(plain.begin(), plain.end(), std::back_inserter(rest), is_alone);
    for (size_t i = 0; i + 1 < rest.size(); i += 2) add(ParallelFormat::kAligned, rest[i], rest[i + 1]);
  }

  std::vector<ParallelFiles> found() && { return std::move(found_); }

 private:
  bool add_aligned(const std::vector<fs::path>& files, const fs::path& folder) {
    const AlignedPairs aligned = pair_by_language(files, languages_);
    for (const auto& [source, target] : aligned.pairs)
      add(ParallelFormat::kAligned, source, target, source.lexically_relative(folder));
    if (aligned.pairs.empty()) return false;
    for (const auto& file : aligned.alone) {
      if (side_of(file, languages_) != Side::kNeither) warn(file.string() + " has no partner; skipped");
    }
    return true;
  }

  bool add_tsv(const std::vector<fs::path>& files, const fs::path& folder) {
    std::vector<fs::path> tsv;
    for (const auto& file : files) {
      if (is_tsv(file) && !names_other_languages(file, languages_)) tsv.push_back(file);
    }
    for (const auto& file : without_doubles(tsv))
      add(ParallelFormat::kTsv, file, {}, file.lexically_relative(folder));
    return !tsv.empty();
  }

  bool add_catalogues(const std::vector<fs::path>& files, const fs::path& folder) {
    std::vector<fs::path> catalogues;
    for (const auto& file : files) {
      if (is_catalogue(file) && extension(file) != ".pot") catalogues.push_back(file);
    }
    bool any = false;
    for (const auto& file : without_doubles(catalogues)) {
      if (!is_in_language(file, folder, languages_.target)) continue;
      add(ParallelFormat::kCatalogue, file, {}, file.lexically_relative(folder));
      any = true;
    }
    return any;
  }

  void add(ParallelFormat format, const fs::path& source, const fs::path& target = {}) {
    add(format, source, target, source.filename());
  }
  void add(ParallelFormat format, const fs::path& source, const fs::path& target, const fs::path& relative) {
    // Catalogue names consist of words: unit-test.de.po belongs to no split.
    const size_t name_parts = format == ParallelFormat::kCatalogue ? 1 : std::string::npos;
    found_.push_back({format, split_in_path(relative, name_parts), source, target, false});
  }

  std::string wanted() const {
    if (!languages_.known()) return "pairs such as train.en and train.de (which need both languages)";
    return "pairs such as train." + languages_.source + " and train." + languages_.target;
  }

  const LanguagePair& languages_;
  std::vector<ParallelFiles> found_;
};

}  // namespace

std::vector<ParallelFiles> find_parallel_files(const std::vector<fs::path>& data,
                                               const LanguagePair& languages) {
  Finder finder(languages);
  std::vector<fs::path> files;
  for (const auto& path : data) {
    std::error_code code;
    if (!fs::exists(path, code))
      throw Error(ErrorKind::kData, "there is no such file or folder", path.string());
    if (fs::is_directory(path, code)) {
      finder.add_folder(path);
    } else {
      files.push_back(path);
    }
  }
  finder.add_files(files);
  return std::move(finder).found();
}

}  // namespace heed::text
