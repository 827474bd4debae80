// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "heed/data/text/catalogue.h"

namespace heed::text {

/// A gettext catalogue in its text form: msgctxt, msgid, msgid_plural, msgstr and msgstr[n], texts over
/// several lines, C escapes, comments and the flag fuzzy. Obsolete entries (#~) are counted, the rest of what
/// stands in comments is passed over. `name` is the file's, for messages.
///
/// Throws Error(kData) with file and line for whatever is not of this form, for text that is no UTF-8 and for
/// a header that names another charset (msgconv makes UTF-8 of it). A message may occur twice. Memory is at
/// most about fifteen times the size of the text.
Catalogue parse_po(std::string_view text, const std::string& name);
Catalogue read_po(const std::filesystem::path& path);  ///< plain or packed by gzip, at most 64 MiB unpacked

}  // namespace heed::text
