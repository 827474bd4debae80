// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "heed/data/music/encoding.h"

namespace heed::music {

struct EncodedPiece {
  std::string name;
  Tokens body;  ///< without begin and end
};

/// Pieces in tokens, by split.
struct Corpus {
  std::shared_ptr<const Encoding> encoding;
  std::map<std::string, std::vector<EncodedPiece>> splits;  ///< train, valid, test
  int64_t skipped = 0;                                      ///< files that could not be read

  /// The pieces of a split; Error(kData) naming the splits there are when it is missing or empty.
  const std::vector<EncodedPiece>& split(const std::string& name) const;
  /// Tokens of a split, marks not counted; 0 when there is no such split.
  int64_t tokens(const std::string& name) const;
};

struct CorpusOptions {
  std::string encoding;  ///< chorale or performance; empty: chorale for JSON, performance for MIDI
  std::optional<std::filesystem::path> split_file;  ///< CSV with the split of each file
  bool strict = false;                              ///< a file that cannot be read is an error, not a warning
};

/// Reads raw or prepared music: a prepared folder, the JSB chorales' JSON, one MIDI file, or a folder of MIDI
/// files (split by `split_file`, by its folders train, valid and test, or automatically by file: see
/// splits.h). Where nothing is left for validation, one piece in ten goes there, with a
/// warning. Throws Error(kData) when nothing can be read.
Corpus read_corpus(const std::vector<std::filesystem::path>& data, const CorpusOptions& options = {});

/// Says so, and what helps, when there is too little to learn from.
void warn_of_little_music(const Corpus& corpus);

/// A prepared folder: corpus.toml, and train, valid, test.safetensors with `tokens` [n] int32 and `piece_ptr`
/// [pieces + 1] int64. Written aside and renamed; replaces
/// prepared music, but Error(kUsage) where the folder holds anything else.
void write_corpus(const Corpus& corpus, const std::filesystem::path& folder);
bool is_prepared(const std::filesystem::path& folder);

}  // namespace heed::music
