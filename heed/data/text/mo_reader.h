// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "heed/data/text/catalogue.h"

namespace heed::text {

/// Whether a file starts with the magic number of a compiled catalogue, in either byte order.
bool is_mo(std::span<const std::byte> file);

/// Reads a compiled gettext catalogue, of either byte order and major revision 0 or 1. Skips messages whose
/// format depends on the system (minor revision 1). Ignores the hash table.
///
/// Throws Error(kData) with file and byte for other revisions; tables or strings that extend past the end;
/// strings without a final zero byte; plural forms of a message without a plural; strings that are not UTF-8;
/// a header with another charset; and strings that together exceed four times the file's size.
Catalogue parse_mo(std::span<const std::byte> file, const std::string& name);
Catalogue read_mo(const std::filesystem::path& path);  ///< plain or gzip, at most 64 MiB unpacked

}  // namespace heed::text
