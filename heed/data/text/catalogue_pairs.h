// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/data/text/catalogue.h"
#include "heed/data/text/pair_reader.h"

namespace heed::text {

/// Numbers of catalogue entries that were used, and that were skipped for each reason.
struct CatalogueCounts {
  int64_t used = 0, fuzzy = 0, untranslated = 0, obsolete = 0;

  CatalogueCounts& operator+=(const CatalogueCounts& other);
  std::string skipped() const;  ///< "12 fuzzy, 3 untranslated"; "" if none was skipped
  /// "1,200 messages used; skipped: 12 fuzzy, 3 untranslated, 7 obsolete"
  std::string text() const;
};

/// Turns messages and their translations into sentence pairs. Skips fuzzy and empty messages.
///
/// Plurals: the plural form for n = 1, by the header's Plural-Forms, is paired with msgid; all other forms
/// are paired with msgid_plural. If Plural-Forms is missing or invalid, the first form counts as singular. If
/// there is only one form, it is paired with msgid_plural.
///
/// Messages of several lines: if both sides have the same number of lines, with empty lines at the same
/// indices, line i is paired with line i. Otherwise the lines of each side are joined by blanks into one
/// sentence. Line ends at the start and end of a message are ignored.
std::vector<SentencePair> catalogue_pairs(const Catalogue& catalogue, CatalogueCounts& counts);

/// Reads a .po or .mo file; the content decides which of the two it is.
Catalogue read_catalogue(const std::filesystem::path& path);

}  // namespace heed::text
