// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "heed/data/text/language.h"

namespace heed::text {

enum class ParallelFormat { kAligned, kTsv, kCatalogue };

/// What one reader reads.
struct ParallelFiles {
  ParallelFormat format;
  std::string split;             ///< train, valid or test
  std::filesystem::path source;  ///< the file itself where there is one alone
  std::filesystem::path target;  ///< kAligned only
  bool in_folder = false;        ///< found in a folder, not named by itself
};

/// Says what there is to read in `data`, files and folders in any number; names may end in .gz.
///
/// Files: .tsv and .tab hold two columns; .po, .pot, .mo and .gmo are catalogues; a single file of another
/// name is taken for two columns. Others are pairs of aligned files: those whose names differ in the two
/// languages alone (train.en and train.de, in any order), the rest as they follow each other, source first.
///
/// Folders, with all below but hidden names and links to folders: aligned files by language where there are
/// any, else .tsv and .tab files, else catalogues of the target language. Files of two columns whose names
/// have two other languages side by side (fra-eng) are not taken. A catalogue's language is told by its name
/// (de.po, app-de.po), a folder (de/LC_MESSAGES/app.po) or its header; one that tells none is taken, and so
/// is one that cannot be read: its reader says so. Of train.en and train.en.gz, or app.po and app.mo, the
/// first is read.
///
/// Splits: by the first part of a file's name, parted by '.', '-' or '_', or of folders below the one given,
/// that is train, valid, val, dev or test, also with a number; catalogues by the first part alone. Others are
/// train.
///
/// Throws Error(kData) when a path does not exist, a file has no partner, or a folder holds nothing to read.
std::vector<ParallelFiles> find_parallel_files(const std::vector<std::filesystem::path>& data,
                                               const LanguagePair& languages = {});

}  // namespace heed::text
