// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "heed/data/text/catalogue_pairs.h"
#include "heed/data/text/line_reader.h"
#include "heed/data/text/pair_reader.h"
#include "heed/data/text/parallel_files.h"

namespace heed::text {

struct ParallelOptions {
  LanguagePair languages;  ///< needed to find train.en and train.de in a folder
  LineOptions lines;
  TsvColumns columns;
  bool strict = false;  ///< a catalogue of a folder that cannot be read is an error, not a warning
};

/// Sentence pairs, by split.
struct ParallelCorpus {
  std::map<std::string, std::vector<SentencePair>> splits;  ///< train, valid, test
  CatalogueCounts catalogues;                               ///< what .po and .mo files gave

  /// The pairs of a split; Error(kData) naming the splits there are when it is missing or empty.
  const std::vector<SentencePair>& split(const std::string& name) const;
};

/// The pairs of one find of find_parallel_files, one by one: text in a buffer, catalogues whole in memory.
/// `counts`, where given, grows by what a catalogue held.
std::unique_ptr<PairReader> open_pairs(const ParallelFiles& files, const ParallelOptions& options = {},
                                       CatalogueCounts* counts = nullptr);

/// Reads whatever the user gave, by the rules of find_parallel_files:
///
///     read_parallel({"train.en", "train.de"});
///     read_parallel({"deu-eng.tsv.gz"});
///     read_parallel({"multi30k"}, {.languages = {"en", "de"}});   // a folder
///
/// A catalogue of a folder that cannot be read is skipped, and said in one warning that names the first.
/// Pairs are as they stand in the files, empty ones among them; PairFilter takes them out. Throws
/// Error(kData) when there is nothing to read or it holds no pair at all, besides the errors of the readers.
ParallelCorpus read_parallel(const std::vector<std::filesystem::path>& data,
                             const ParallelOptions& options = {});

}  // namespace heed::text
