// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace heed::text {

/// Checks that no search in the compiled character map of a SentencePiece model can leave the map. Returns an
/// error message, or "" if the map is valid.
///
/// Format: the trie's size in bytes (uint32); the trie, a double array of uint32 units; the replacements,
/// UTF-8 strings that each end in a zero byte. A unit contains the character that leads to it (bits 0 to 7),
/// whether a key ends there (bit 8) and the offset to its children (bits 9 to 31). A unit with bit 31 set
/// contains a value: the byte offset of a replacement.
std::string character_map_fault(std::string_view map);

}  // namespace heed::text
