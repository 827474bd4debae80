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
  Tokens body;  ///< tokens without the begin and end marks
};

/// Encoded pieces by split.
struct Corpus {
  std::shared_ptr<const Encoding> encoding;
  std::map<std::string, std::vector<EncodedPiece>> splits;  ///< keys train, valid and test
  int64_t skipped = 0;                                      ///< number of unreadable files

  /// Returns the pieces of a split. Throws Error(kData), with the available splits, if it is missing or
  /// empty.
  const std::vector<EncodedPiece>& split(const std::string& name) const;
  /// Returns the number of tokens in a split, without marks; 0 if there is no such split.
  int64_t tokens(const std::string& name) const;
};

struct CorpusOptions {
  std::string encoding;  ///< chorale or performance; empty: chorale for JSON, performance for MIDI
  std::optional<std::filesystem::path> split_file;  ///< CSV file with the split of each file
  bool strict = false;  ///< turns an unreadable file into an error instead of a warning
};

/// Reads raw or prepared music: a prepared folder, the JSON of the JSB chorales, a MIDI file, or a folder of
/// MIDI files. The files of a folder are split by `split_file`, by subfolders train, valid and test, or
/// automatically (see splits.h). If no piece falls into valid, one piece in ten is moved there, with a
/// warning. Throws Error(kData) if nothing can be read.
Corpus read_corpus(const std::vector<std::filesystem::path>& data, const CorpusOptions& options = {});

/// Warns, with advice, if there are too few training tokens to learn from.
void warn_of_little_music(const Corpus& corpus);

/// Writes a prepared folder: corpus.toml, and train.safetensors, valid.safetensors and test.safetensors with
/// `tokens` [n] int32 and `piece_ptr` [pieces + 1] int64. The folder is written aside and renamed. Replaces
/// prepared music; throws Error(kUsage) if the folder contains anything else.
void write_corpus(const Corpus& corpus, const std::filesystem::path& folder);
bool is_prepared(const std::filesystem::path& folder);

}  // namespace heed::music
