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
  LanguagePair languages;  ///< languages; needed to find train.en and train.de in a folder
  LineOptions lines;
  TsvColumns columns;
  bool strict = false;  ///< turns a folder's unreadable catalogue into an error instead of a warning
};

/// Sentence pairs, by split.
struct ParallelCorpus {
  std::map<std::string, std::vector<SentencePair>> splits;  ///< keys train, valid and test
  CatalogueCounts catalogues;                               ///< counts over all .po and .mo files

  /// Returns the pairs of a split. Throws Error(kData), with the available splits, if it is missing or empty.
  const std::vector<SentencePair>& split(const std::string& name) const;
};

/// Opens one result of find_parallel_files. Text is read through a buffer; a catalogue is loaded into memory,
/// and its entries are added to `counts`, if given.
std::unique_ptr<PairReader> open_pairs(const ParallelFiles& files, const ParallelOptions& options = {},
                                       CatalogueCounts* counts = nullptr);

/// Reads the files and folders that the user gave, by the rules of find_parallel_files:
///
///     read_parallel({"train.en", "train.de"});
///     read_parallel({"deu-eng.tsv.gz"});
///     read_parallel({"multi30k"}, {.languages = {"en", "de"}});   // a folder
///
/// Skips unreadable catalogues in folders, with one warning that names the first. Returns pairs unfiltered,
/// empty ones included; filter them with PairFilter. Throws Error(kData) if there is nothing to read or no
/// pair, besides the errors of the readers.
ParallelCorpus read_parallel(const std::vector<std::filesystem::path>& data,
                             const ParallelOptions& options = {});

}  // namespace heed::text
