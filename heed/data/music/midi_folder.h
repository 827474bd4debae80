// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "heed/data/music/midi_reader.h"

namespace heed::music {

/// Lists the .mid, .midi and .smf files in `folder` and its subfolders, sorted by path. Skips names that
/// begin with a dot, and does not follow links to folders. For a file, returns the file itself. Throws
/// Error(kData) if the path does not exist.
std::vector<std::filesystem::path> music_files(const std::filesystem::path& folder);

struct MidiFolderOptions {
  bool strict = false;  ///< whether the first unreadable file is an error
  MidiReadOptions read = {};
};

struct ReadReport {
  int64_t read = 0, skipped = 0;
  std::vector<std::string> messages;  ///< errors of the skipped files
};

/// Calls `use` with the path and score of each file of music_files(folder). An unreadable file is skipped
/// with a warning and counted; with `strict` its Error(kData) is thrown. `report` is updated after each file.
void read_midi_folder(const std::filesystem::path& folder, const MidiFolderOptions& options,
                      ReadReport& report,
                      const std::function<void(const std::filesystem::path&, const Score&)>& use);

}  // namespace heed::music
