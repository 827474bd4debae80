// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_alphabet.h"

#include <algorithm>
#include <numeric>

#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

constexpr char32_t kFirstStandIn = 0x100;
constexpr int kNoByte = -1;

constexpr bool stands_for_itself(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

constexpr std::array<char32_t, 256> make_characters() {
  std::array<char32_t, 256> characters{};
  char32_t stand_in = kFirstStandIn;
  for (int byte = 0; byte < 256; ++byte)
    characters[byte] = stands_for_itself(byte) ? static_cast<char32_t>(byte) : stand_in++;
  return characters;
}

constexpr auto kCharacters = make_characters();
constexpr size_t kCharacterEnd = kFirstStandIn + 68;

constexpr std::array<int, kCharacterEnd> make_bytes() {
  std::array<int, kCharacterEnd> bytes{};
  for (int& byte : bytes) byte = kNoByte;
  for (int byte = 0; byte < 256; ++byte) bytes[kCharacters[byte]] = byte;
  return bytes;
}

constexpr auto kBytes = make_bytes();

}  // namespace

std::string to_byte_alphabet(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    const char32_t character = kCharacters[static_cast<unsigned char>(byte)];
    if (character < 0x80) {
      text += static_cast<char>(character);
    } else {
      text += static_cast<char>(0xC0 | character >> 6);
      text += static_cast<char>(0x80 | (character & 0x3F));
    }
  }
  return text;
}

std::optional<std::string> from_byte_alphabet(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    const CodePoint next = decode_utf8(text);
    if (next.bytes == 0 || next.value >= kCharacterEnd || kBytes[next.value] == kNoByte) return std::nullopt;
    bytes += static_cast<char>(kBytes[next.value]);
    text.remove_prefix(next.bytes);
  }
  return bytes;
}

const std::array<uint8_t, 256>& byte_alphabet_order() {
  static const auto order = [] {
    std::array<uint8_t, 256> bytes{};
    std::iota(bytes.begin(), bytes.end(), 0);
    std::sort(bytes.begin(), bytes.end(), [](int a, int b) { return kCharacters[a] < kCharacters[b]; });
    return bytes;
  }();
  return order;
}

}  // namespace heed::text
