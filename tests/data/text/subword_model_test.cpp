// SPDX-License-Identifier: Apache-2.0
//
// Damaged models: each must be refused with heed::Error or give a vocabulary that works.
#include <bit>
#include <cmath>
#include <random>

#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/text/toy_language.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/text/character_map_check.h"
#include "heed/data/text/subword_model_check.h"
#include "heed/data/text/subword_vocabulary.h"

namespace heed::text {
namespace {

using ::testing::HasSubstr;

const SubwordVocabulary& trained(const std::string& model = "bpe") {
  static const auto make = [](const std::string& name) {
    SubwordOptions options;
    options.model = name;
    options.size = 120;
    options.user_symbols = "<2de> <2el>";
    return SubwordVocabulary::train(testing::toy_german(), options);
  };
  static const SubwordVocabulary bpe = make("bpe"), unigram = make("unigram");
  return model == "bpe" ? bpe : unigram;
}

// Returns whether the model was read; a model that is read must also work.
bool survives(const std::string& model) {
  try {
    const auto vocabulary = SubwordVocabulary::parse(model);
    for (const char* text :
         {"der schönste Tag, für 漢字", "ｄｅｒ ﬁ ½ \u00A0 \xFF <2de>", "e\u0301e\u0308"}) {
      const auto tokens = vocabulary.encode(text);
      (void)vocabulary.pieces(text);
      (void)vocabulary.decode(tokens);
    }
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
    return false;
  }
}

std::string refusal(const std::string& model) {
  try {
    SubwordVocabulary::parse(model);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.what();
  }
  return "";
}

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
std::string field(uint32_t number, const std::string& content) {
  return varint(number << 3 | 2) + varint(content.size()) + content;
}
std::string fixed32(uint32_t number, float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  std::string bytes = varint(number << 3 | 5);
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(bits >> (8 * i));
  return bytes;
}
std::string piece(const std::string& text, int kind = 1, float score = -1) {
  return field(1, field(1, text) + fixed32(2, score) + varint(3 << 3) + varint(static_cast<uint64_t>(kind)));
}
std::string marks() {
  return piece("<unk>", 2) + piece("<s>", 3) + piece("</s>", 3);
}
std::string character_map(const std::vector<uint32_t>& units, const std::string& replacements) {
  std::string map;
  const auto add = [&](uint32_t value) {
    for (int i = 0; i < 4; ++i) map += static_cast<char>(value >> (8 * i));
  };
  add(static_cast<uint32_t>(4 * units.size()));
  for (const uint32_t unit : units) add(unit);
  return map + replacements;
}
// A unit that `character` leads to, whose children are at its own index ^ way.
uint32_t unit(uint32_t character, uint32_t way, bool ends) {
  return way << 10 | (ends ? 1U << 8 : 0) | character;
}

TEST(SubwordModel, IsWrittenAndReadBackInEveryByte) {
  const heed::TemporaryFolder folder;
  const auto path = folder.path() / "source.model";
  trained().write(path);
  const auto again = SubwordVocabulary::load(path);
  EXPECT_EQ(again.bytes(), trained().bytes());
  EXPECT_EQ(again.encode("der schöne Tag"), trained().encode("der schöne Tag"));
  write_atomically(path, trained().bytes().substr(0, 900));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { SubwordVocabulary::load(path); }), HasSubstr("source.model"));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { SubwordVocabulary::load(folder.path() / "none.model"); }),
              HasSubstr("none.model: cannot open: No such file"));
}

TEST(SubwordModel, CutAnywhereIsRefusedOrWorks) {
  for (const std::string kind : {"bpe", "unigram"}) {
    const std::string& whole = trained(kind).bytes();
    for (size_t size = 0; size < whole.size(); size += size < 4000 ? 1 : 997) survives(whole.substr(0, size));
    EXPECT_FALSE(survives(""));
    EXPECT_FALSE(survives(whole.substr(0, whole.size() - 1)));
  }
}

TEST(SubwordModel, WithFlippedBytesIsRefusedOrWorks) {
  for (const std::string kind : {"bpe", "unigram"}) {
    const std::string& whole = trained(kind).bytes();
    const uint64_t seed = 20;
    std::mt19937_64 random(seed);
    int read = 0;
    for (int round = 0; round < 300; ++round) {
      std::string model = whole;
      const size_t reach = round % 2 == 0 ? 4000 : model.size();  // the pieces, or mostly the character rules
      for (uint64_t k = 0; k < 1 + random() % 8; ++k)
        model[random() % std::min(reach, model.size())] = static_cast<char>(random());
      read += survives(model) ? 1 : 0;
    }
    EXPECT_GT(read, 0);
    EXPECT_LT(read, 300);
  }
}

TEST(SubwordModel, OfNoiseIsRefused) {
  std::mt19937_64 random(3);
  for (size_t size : {1, 7, 100, 5000}) {
    std::string noise(size, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    EXPECT_FALSE(survives(noise));
  }
  EXPECT_THAT(refusal("PK\x03\x04 some archive"), HasSubstr("byte"));
}

TEST(SubwordModel, FromElsewhereWithoutPaddingIsReadAndPadsWithItsEnd) {
  const std::string model = marks() + piece("\u2581a") + piece("b", 1, -2) + piece("a", 1, -3);
  const auto vocabulary = SubwordVocabulary::parse(model);
  EXPECT_EQ(vocabulary.size(), 6);
  EXPECT_EQ(vocabulary.pad(), vocabulary.end());
  EXPECT_EQ(vocabulary.decode(vocabulary.encode("ab")), "ab");
}

TEST(SubwordModel, WithoutMarksOrPiecesIsRefused) {
  EXPECT_THAT(refusal(piece("<unk>", 2) + piece("a")), HasSubstr("mark"));
  EXPECT_THAT(refusal(field(2, "")), HasSubstr("no pieces"));
  EXPECT_FALSE(survives(piece("a") + piece("b")));
  EXPECT_FALSE(survives(marks() + piece("a") + piece("a")));
}

TEST(SubwordModel, PiecesOutOfBoundsAreRefused) {
  EXPECT_THAT(refusal(marks() + piece("")), HasSubstr("0 bytes"));
  EXPECT_THAT(refusal(marks() + piece(std::string(SubwordModelBounds::kPieceBytes + 1, 'a'))),
              HasSubstr("1025 bytes"));
  EXPECT_THAT(refusal(marks() + piece("\xC3")), HasSubstr("not valid text"));
  EXPECT_THAT(refusal(marks() + piece(std::string("a\0b", 3))), HasSubstr("not valid text"));
  EXPECT_THAT(refusal(marks() + piece("a", 1, NAN)), HasSubstr("score"));
  EXPECT_THAT(refusal(marks() + piece("a", 1, 1e30F)), HasSubstr("score"));
  std::string nested = marks() + piece("a");
  for (size_t i = 2; i < 80; ++i) nested += piece(std::string(i, 'a'), 4);
  EXPECT_THAT(refusal(nested), HasSubstr("prefixes of each other"));
}

TEST(SubwordModel, CharacterRulesThatLeaveTheirTableAreRefused) {
  EXPECT_EQ(character_map_fault(""), "");
  EXPECT_THAT(character_map_fault("abc"), HasSubstr("truncated"));
  std::vector<uint32_t> units(512, 1U << 31);
  units[0] = unit(0, 256, false);  // base 256
  EXPECT_EQ(character_map_fault(character_map(units, "x")), "");
  units[256 ^ 'a'] = unit('a', 'a', true);  // base 256 again, a rule "a" of any length
  EXPECT_THAT(character_map_fault(character_map(units, "x")), HasSubstr("does not end"));
  units[256 ^ 'a'] = unit('a', 'a' ^ 256, true);  // base 0
  units[0] = unit(0, 256, false);
  EXPECT_NE(character_map_fault(character_map(units, "x")), "");
  units[256 ^ 'a'] = unit('a', 4096, true);
  EXPECT_THAT(character_map_fault(character_map(units, "x")), HasSubstr("out of the table"));
  auto map = character_map(units, "x");
  map[0] = '\x7F';
  EXPECT_THAT(character_map_fault(map), HasSubstr("truncated"));
  units.resize(1024, 1U << 31);
  units[256 ^ 'a'] = unit('a', 512, true);
  units[256 ^ 'a' ^ 512] = 1U << 31 | 1;  // replacement from byte 1 on
  EXPECT_EQ(character_map_fault(character_map(units, "xy")), "");
  EXPECT_THAT(character_map_fault(character_map(units, "x")), HasSubstr("replacement"));
  EXPECT_THAT(character_map_fault(character_map(units, "\xFFx")), HasSubstr("UTF-8"));
}

}  // namespace
}  // namespace heed::text
