// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heed::text {

/// GPT-2's alphabet: a printable character for every byte, in which files of byte-level vocabularies write their
/// tokens. Bytes 33 to 126, 161 to 172 and 174 to 255 are the characters of the same number; the other 68, in
/// order, are U+0100 to U+0143. So a blank is U+0120 and a newline U+010A.
std::string to_byte_alphabet(std::string_view bytes);

/// The bytes of a text in that alphabet; nothing if it has other characters or is not UTF-8.
std::optional<std::string> from_byte_alphabet(std::string_view text);

/// The 256 bytes in the order of their characters, in which vocabularies of this kind number them.
const std::array<uint8_t, 256>& byte_alphabet_order();

}  // namespace heed::text
