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

/// Assigns each of `files`, all in `folder`, to a split:
/// - with `split_file`: by a CSV with the columns `split` and one of midi_performance, midi_filename, file,
///   filename or path, relative to the folder (as in MAESTRO and ASAP). Files that it does not list are
///   skipped, with a warning;
/// - otherwise by subfolders, if there is train and one of valid, validation, dev or test. Other files are
///   skipped, with a warning;
/// - otherwise automatically, 80 / 10 / 10 percent, in the order of a hash of the path: the same files get
///   the same splits on every machine. Of two or more files at least one becomes valid.
/// Throws Error(kData) with file and line if the CSV is invalid or lists none of the files.
Splits assign_splits(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& files,
                     const std::optional<std::filesystem::path>& split_file = std::nullopt);

}  // namespace heed::music
