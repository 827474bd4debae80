// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace heed::music {

/// Maps a file's path relative to its folder, with '/', to "train", "valid" or "test".
using Splits = std::map<std::string, std::string>;

/// How the files of a folder are split:
/// - with `split_file`: by a table with the columns `split` and one of midi_performance, midi_filename, file,
///   filename or path, relative to the folder (as in MAESTRO and ASAP), separated by commas, semicolons or tabs.
///   Files that it does not list are skipped, with a warning; names that are not in the folder are counted in one;
/// - otherwise by subfolders, if there is train and one of valid, validation, dev or test. Other files are
///   skipped, with a warning;
/// - otherwise automatically, 80 / 10 / 10 percent, in the order of a hash of the path: the same files get
///   the same splits on every machine. Of two or more files at least one becomes valid.
class SplitRule {
 public:
  /// `names` are the paths of all files in the folder, relative to it. Throws Error(kData) with file and line if
  /// the table is invalid or lists none of them.
  SplitRule(const std::vector<std::string>& names, const std::optional<std::filesystem::path>& split_file);

  /// Whether a file belongs to a split, or may.
  bool takes(const std::string& name) const { return !fixed_ || fixed_->count(name) > 0; }
  /// Whether a table or the subfolders say the split of each file.
  bool is_fixed() const { return fixed_.has_value(); }
  /// Assigns a split to each of the files that could be read.
  Splits deal(const std::vector<std::string>& read) const;

 private:
  std::optional<Splits> fixed_;  ///< of a table or of the subfolders
};

}  // namespace heed::music
