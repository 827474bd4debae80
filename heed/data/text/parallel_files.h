// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "heed/data/text/language.h"

namespace heed::text {

enum class ParallelFormat { kAligned, kTsv, kCatalogue };

/// The input of one reader.
struct ParallelFiles {
  ParallelFormat format;
  std::string split;             ///< train, valid or test
  std::filesystem::path source;  ///< source file, or the only file
  std::filesystem::path target;  ///< kAligned only
  bool in_folder = false;        ///< found in a folder rather than named by the user
};

/// Finds the readable files in `data`, any number of files and folders. Names may end in .gz.
///
/// Files: .tsv and .tab files have two columns; .po, .pot, .mo and .gmo files are catalogues; a single file
/// with any other extension is read as two columns. All others are pairs of aligned files: first those whose
/// names differ only in the language (train.en and train.de, in any order), then the rest in pairs as given,
/// source first.
///
/// Folders, including subfolders but not hidden names or links to folders: aligned files by language if there
/// are any; otherwise .tsv and .tab files; otherwise catalogues of the target language. Two-column files are
/// skipped if their names contain two other neighbouring languages (fra-eng). A catalogue's language comes
/// from its name (de.po, app-de.po), a folder (de/LC_MESSAGES/app.po) or its header. Catalogues of unknown
/// language and unreadable ones are included; the reader reports the latter. Of train.en and train.en.gz, or
/// app.po and app.mo, only the first is read.
///
/// Splits: the first part of the file's name (separated by '.', '-' or '_') or of a folder below the given
/// one that is train, valid, val, dev or test, with or without a number. For catalogues only the first part
/// of the name counts. All other files belong to train.
///
/// Throws Error(kData) if a path does not exist, a file has no partner, or a folder has nothing to read.
std::vector<ParallelFiles> find_parallel_files(const std::vector<std::filesystem::path>& data,
                                               const LanguagePair& languages = {});

}  // namespace heed::text
