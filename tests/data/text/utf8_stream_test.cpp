// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/utf8_stream.h"

#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

TEST(Utf8Stream, HoldsACharacterBackUntilItIsWhole) {
  Utf8Stream stream;
  EXPECT_EQ(stream.push("a\xF0\x9F"), "a");
  EXPECT_EQ(stream.held_bytes(), 2U);
  EXPECT_EQ(stream.push("\x98"), "");
  EXPECT_EQ(stream.push("\x80z"), "\U0001F600z");
  EXPECT_EQ(stream.finish(), "");
}

TEST(Utf8Stream, ABrokenEndBecomesOneReplacementCharacter) {
  Utf8Stream stream;
  EXPECT_EQ(stream.push("\xE2\x82"), "");
  EXPECT_EQ(stream.finish(), "\uFFFD");
  EXPECT_EQ(stream.push("b"), "b") << "the next text is clean";
  EXPECT_EQ(stream.finish(), "");
}

// The examples of Unicode's tables 3-8 to 3-11, and what Python makes of each.
TEST(Utf8Stream, ReplacesMaximalPartsOfCharacters) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA"},
      {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA"},
      {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA\uFFFD\uFFFD\x42"},
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", "\uFFFD\uFFFD\uFFFD\uFFFDA"},
      {std::string("\0\xC3", 2), std::string("\0\uFFFD", 4)},
  };
  for (const auto& [bytes, text] : cases) EXPECT_EQ(replace_malformed_parts(bytes), text);
}

TEST(Utf8Stream, CutsDoNotChangeTheText) {
  std::mt19937 random(7);
  const std::string_view bytes("aZ\x80\xBF\xC3\xA9\xE2\x82\xAC\xED\xA0\xF0\x9F\x98\x80\xF4\x90\xFF", 19);
  for (int round = 0; round < 2000; ++round) {
    std::string all;
    for (size_t i = random() % 24; i > 0; --i) all += bytes[random() % bytes.size()];
    const std::string whole = replace_malformed_parts(all);
    EXPECT_EQ(well_formed_prefix(whole), whole.size());
    if (well_formed_prefix(all) == all.size()) {
      EXPECT_EQ(whole, all);
    }
    Utf8Stream stream;
    std::string joined;
    for (size_t at = 0; at < all.size();) {
      const size_t part = random() % 4;
      const std::string next = stream.push(std::string_view(all).substr(at, part));
      EXPECT_EQ(well_formed_prefix(next), next.size());
      EXPECT_LE(stream.held_bytes(), 3U);
      joined += next;
      at += part;
    }
    EXPECT_EQ(joined + stream.finish(), whole);
  }
}

}  // namespace
}  // namespace heed::text
