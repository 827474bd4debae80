// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace heed::music {

/// A file's path below its folder, with '/', to "train", "valid" or "test".
using Splits = std::map<std::string, std::string>;

/// Says to which split each of `files`, all below `folder`, belongs:
/// - with `split_file`: a CSV with the columns `split` and one of midi_performance, midi_filename, file,
///   filename or path, relative to the folder (MAESTRO's and ASAP's lists are such). Files that it does not
///   name are left out, with a warning;
/// - else by sub-folders of the folder, when it has train and one of valid, validation, dev or test. Files
///   elsewhere are left out, with a warning;
/// - else automatically, 80 / 10 / 10 of a hundred files, in the order of a hash of the path: the same files
///   fall the same way on every machine. Two or more files give at least one to valid.
/// Throws Error(kData) with file and line when the CSV cannot be used, or names none of the files.
Splits assign_splits(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& files,
                     const std::optional<std::filesystem::path>& split_file = std::nullopt);

}  // namespace heed::music
