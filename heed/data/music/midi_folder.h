// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "heed/data/folder_listing.h"
#include "heed/data/music/midi_reader.h"

namespace heed::music {

/// What a folder holds.
struct MusicListing {
  std::vector<std::filesystem::path> files;  ///< MIDI files, sorted by path
  std::vector<std::string> others;           ///< other files, by their paths in the folder
  FolderListing folder;                      ///< what was left out and what cannot be read; without files

  /// "12 .mp3, 3 .pdf, 2 hidden", the most frequent first; "" if nothing was passed over.
  std::string passed_over() const;
};

/// Lists the .mid, .midi, .smf, .kar and .rmi files (in any case) in `folder` and its subfolders, linked ones too
/// (list_folder). For a file, returns the file itself. Throws Error(kData) if the path does not exist.
MusicListing list_music(const std::filesystem::path& folder);

/// Whether a file is an archive by its ending, such as .zip: its music must be unpacked first.
bool is_archive(const std::filesystem::path& path);

/// Number of files that are named in full for each kind of fault; the others are counted.
inline constexpr int64_t kNamedFiles = 5;

struct ReadReport {
  int64_t read = 0;
  int64_t skipped = 0;                           ///< files that cannot be read
  int64_t flawed = 0;                            ///< files with flaws that were read all the same
  std::array<int64_t, kMidiFlaws> flaw_files{};  ///< number of files with each kind of flaw
  std::vector<std::string> without_notes;  ///< files without notes, and what they have: "a.mid (no note)"
  std::string first_error;                 ///< of the first skipped file

  /// "7 files have flaws: data bytes above 127 in 5, events cut short in 2".
  std::string flaws_text() const;
};

struct MidiFilesOptions {
  bool strict = false;    ///< whether the first flaw, or the first file that cannot be read, is an error
  bool required = false;  ///< whether a file that cannot be read or has no note is an error
};

/// A file that was read.
struct ReadMidi {
  const std::filesystem::path& path;
  const Score& score;
  uint64_t digest;  ///< hash of the file's bytes, valid in this process: equal files have equal digests
};

/// Calls `use` for each of `files` that has notes. Files that cannot be read, and files without notes, are
/// skipped, counted in `report`, and named in a warning, as are the first flaws of flawed files: the first five of
/// each kind. What the options call an error is an Error(kData) instead. `report` is updated before each call.
void read_midi_files(const std::vector<std::filesystem::path>& files, const MidiFilesOptions& options,
                     ReadReport& report, const std::function<void(const ReadMidi&)>& use);

/// Returns "a, b, c, d, e and 3 more".
std::string first_names(const std::vector<std::string>& names);

}  // namespace heed::music
