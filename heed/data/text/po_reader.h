// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "heed/data/text/catalogue.h"

namespace heed::text {

/// Parses the text form of a gettext catalogue: msgctxt, msgid, msgid_plural, msgstr and msgstr[n], strings
/// over several lines, C escapes, comments and the fuzzy flag. Counts obsolete entries (#~) and ignores all
/// other comments. `name` is the file's name in messages.
///
/// Throws Error(kData) with file and line for a syntax error, text that is not UTF-8, and a header with
/// another charset (convert with msgconv). Messages may repeat. Peak memory is about fifteen times the size
/// of the text.
Catalogue parse_po(std::string_view text, const std::string& name);
Catalogue read_po(const std::filesystem::path& path);  ///< plain or gzip, at most 64 MiB unpacked

}  // namespace heed::text
