// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/data/text/catalogue.h"
#include "heed/data/text/pair_reader.h"

namespace heed::text {

/// Entries of catalogues, by what became of them.
struct CatalogueCounts {
  int64_t used = 0, fuzzy = 0, untranslated = 0, obsolete = 0;

  CatalogueCounts& operator+=(const CatalogueCounts& other);
  std::string skipped() const;  ///< "12 fuzzy, 3 untranslated", "" where none was
  /// "1,200 messages used; skipped: 12 fuzzy, 3 untranslated, 7 obsolete"
  std::string text() const;
};

/// The messages and their translations as sentence pairs. Fuzzy messages and empty ones give none.
///
/// Plurals: the form that counts one thing by the header's Plural-Forms (the first, where that says nothing)
/// goes with msgid, every other with msgid_plural. Where there is a single form, for whatever count, it goes
/// with msgid_plural.
///
/// Messages of several lines: when both sides have equally many, and empty ones at the same places, line i
/// goes with line i; else the lines of each side are joined by blanks into one sentence. Line ends at the
/// beginning and end do not count.
std::vector<SentencePair> catalogue_pairs(const Catalogue& catalogue, CatalogueCounts& counts);

/// A .po or .mo file, told apart by how it begins.
Catalogue read_catalogue(const std::filesystem::path& path);

}  // namespace heed::text
