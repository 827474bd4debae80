// SPDX-License-Identifier: Apache-2.0
#include "heed/core/crc32c.h"

#include <algorithm>
#include <span>
#include <string>

#include <gtest/gtest.h>

namespace heed {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

uint32_t bit_by_bit(const std::string& text) {
  uint32_t crc = 0xFFFFFFFFu;
  for (const char c : text) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82F63B78u : 0u);
  }
  return ~crc;
}

std::string text_of(int length) {
  std::string text;
  for (int i = 0; i < length; ++i) text.push_back(static_cast<char>(37 * i));
  return text;
}

TEST(Crc32c, PublishedValues) {  // RFC 3720, appendix B.4
  EXPECT_EQ(crc32c({}), 0u);
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8A9136AAu);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\xFF'))), 0x62A8AB43u);
}

TEST(Crc32c, EightByteStepsEqualSingleBits) {
  for (int length = 0; length < 40; ++length) {
    const std::string text = text_of(length);
    EXPECT_EQ(crc32c(bytes_of(text)), bit_by_bit(text)) << length;
    EXPECT_EQ(crc32c_by_tables(bytes_of(text)), bit_by_bit(text)) << length;
  }
}

TEST(Crc32c, DoesNotDependOnHowTheBytesAreSplit) {
  const std::string text = text_of(100);
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    Crc32c crc;
    for (size_t at = 0; at < text.size(); at += piece)
      crc.add(bytes_of(text).subspan(at, std::min(piece, text.size() - at)));
    EXPECT_EQ(crc.value(), bit_by_bit(text)) << piece;
  }
}

}  // namespace
}  // namespace heed
