// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "heed/data/music/corpus.h"
#include "heed/data/music/midi_folder.h"
#include "heed/data/music/splits.h"

namespace heed::music {

/// Reads MIDI files into a corpus, whose encoding is set, and says what was left out: files that cannot be read and
/// files without notes. Files that are byte for byte copies of others get the same split, so that no music that is
/// trained on is also in another split; a copy that a list or a folder puts elsewhere is left out.
class MidiPieces {
 public:
  MidiPieces(Corpus& corpus, const CorpusOptions& options) : corpus_(corpus), options_(options) {}

  /// Adds the files of a folder. Splits are dealt among the files that could be read.
  void add_folder(const std::filesystem::path& folder);
  /// Adds files to train. A single file that cannot be read or has no note is an Error(kData).
  void add_files(const std::vector<std::filesystem::path>& files);

 private:
  struct Piece {
    EncodedPiece encoded;
    std::filesystem::path path;
    uint64_t digest = 0;
    std::string split = {};  ///< that of the rule; "" where the original decides
  };

  std::vector<Piece> read(const std::vector<std::filesystem::path>& files,
                          const std::filesystem::path& folder, bool required);
  void encode(const ReadMidi& midi, const std::string& name, std::vector<Piece>& pieces, ReadReport& report);
  void deal(std::vector<Piece>& pieces, const SplitRule& rule);
  void add_to_splits(std::vector<Piece> pieces);
  void count(const ReadReport& report);

  Corpus& corpus_;
  const CorpusOptions& options_;
  struct Original {
    std::string name, split;
  };
  std::map<uint64_t, Original> originals_;  ///< by digest
};

}  // namespace heed::music
