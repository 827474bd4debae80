// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "heed/data/music/midi_reader.h"

namespace heed::music {

/// The .mid, .midi and .smf files below `folder`, sorted by path; names that begin with a dot are passed
/// over, links to folders are not followed. A file is returned as it is. Throws Error(kData) when there is
/// neither.
std::vector<std::filesystem::path> music_files(const std::filesystem::path& folder);

struct MidiFolderOptions {
  bool strict = false;  ///< the first file that cannot be read is an error
  MidiReadOptions read = {};
};

struct ReadReport {
  int64_t read = 0, skipped = 0;
  std::vector<std::string> messages;  ///< why each skipped file was
};

/// Calls `use` with each file of music_files(folder) and its score. A file that cannot be read is skipped
/// with a warning and counted, or with `strict` its Error(kData) is thrown. `report` is kept up to date
/// throughout.
void read_midi_folder(const std::filesystem::path& folder, const MidiFolderOptions& options,
                      ReadReport& report,
                      const std::function<void(const std::filesystem::path&, const Score&)>& use);

}  // namespace heed::music
