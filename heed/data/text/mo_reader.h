// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "heed/data/text/catalogue.h"

namespace heed::text {

/// Whether a file begins as a compiled catalogue does, in either byte order.
bool is_mo(std::span<const std::byte> file);

/// A compiled gettext catalogue, of either byte order and of major revision 0 or 1. Messages whose format
/// depends on the system (minor revision 1) are passed over; the hash table is not used.
///
/// Throws Error(kData) with file and byte for another revision, for a table or text that reaches past the
/// end, texts without their closing zero, plural forms of a message that has no plural, text that is no
/// UTF-8, a header that names another charset, and texts that together exceed four times the file.
Catalogue parse_mo(std::span<const std::byte> file, const std::string& name);
Catalogue read_mo(const std::filesystem::path& path);  ///< plain or packed by gzip, at most 64 MiB unpacked

}  // namespace heed::text
