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

/// What was met while raw music was read.
struct CorpusCounts {
  int64_t skipped = 0;        ///< files that cannot be read or do not fit the encoding
  int64_t without_notes = 0;  ///< files without notes: left out
  int64_t copies = 0;         ///< byte for byte copies of other files
  int64_t flawed = 0;         ///< files with flaws that were read all the same
  int64_t unreadable = 0;     ///< folders and links that cannot be read
  int64_t archives = 0;       ///< zip and other archives in folders
  std::string first_error;    ///< of the first skipped file
};

/// Encoded pieces by split.
struct Corpus {
  std::shared_ptr<const Encoding> encoding;
  std::map<std::string, std::vector<EncodedPiece>> splits;  ///< keys train, valid and test
  CorpusCounts counts;

  /// Returns the pieces of a split. Throws Error(kData), with the available splits, if it is missing or
  /// empty.
  const std::vector<EncodedPiece>& split(const std::string& name) const;
  /// Returns the number of tokens in a split, without marks; 0 if there is no such split.
  int64_t tokens(const std::string& name) const;
};

struct CorpusOptions {
  std::string encoding;  ///< chorale or performance; empty: chorale for JSON, performance for MIDI
  std::optional<std::filesystem::path> split_file;  ///< table with the split of each file
  bool strict = false;  ///< turns a flaw or an unreadable file into an error instead of a warning
};

/// Reads raw or prepared music: prepared folders, the JSON of the JSB chorales, MIDI files, and folders of MIDI
/// files. Those of a folder are split by `split_file`, by subfolders train, valid and test, or automatically
/// (see splits.h). If no piece falls into valid, one piece in ten is moved there, with a warning. Flawed files
/// are read, and files that cannot be read, copies and files without notes are left out, with warnings. Throws
/// Error(kData) if nothing can be read.
Corpus read_corpus(const std::vector<std::filesystem::path>& data, const CorpusOptions& options = {});

/// Warns, with advice, if there are too few training tokens to learn from.
void warn_of_little_music(const Corpus& corpus);

/// Writes a prepared folder: corpus.toml, and train.safetensors, valid.safetensors and test.safetensors with
/// `tokens` [n] int32 and `piece_ptr` [pieces + 1] int64. The folder is written aside and renamed. Replaces
/// prepared music; throws Error(kUsage) if the folder contains anything else.
void write_corpus(const Corpus& corpus, const std::filesystem::path& folder);
bool is_prepared(const std::filesystem::path& folder);

}  // namespace heed::music
