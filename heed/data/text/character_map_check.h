// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace heed::text {

/// What is wrong with a compiled character map of a SentencePiece model, or nothing when every search in it
/// stays inside.
///
/// Its form: uint32 bytes of a trie; the trie, a double array of uint32 units; replacements, UTF-8 with a
/// zero byte behind each. A unit holds the character (bits 0 to 7) that leads to it, whether a key ends there
/// (bit 8) and the way to its followers (bits 9 to 31); or, with bit 31, a value: the byte where a
/// replacement begins.
std::string character_map_fault(std::string_view map);

}  // namespace heed::text
