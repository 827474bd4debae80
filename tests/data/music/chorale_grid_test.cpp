// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/chorale_grid.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/data/music/chorale_encoding.h"
#include "heed/data/music/midi_reader.h"
#include "heed/data/music/midi_writer.h"

namespace heed::music {
namespace {

using Step = Chorale::Step;

std::map<std::string, std::vector<Chorale>> parse(std::string_view text) {
  return parse_chorale_json(std::as_bytes(std::span(text)), "chorales.json");
}

Chorale random_chorale(uint64_t seed, size_t steps) {
  std::mt19937_64 random(seed);
  Chorale chorale;
  Step step{72, 67, 60, 48};
  for (size_t s = 0; s < steps; ++s) {
    for (size_t v = 0; v < step.size(); ++v) {
      // Voices do not cross, so that sampling by pitch cannot swap them. The last step sounds, so that the
      // length is kept.
      if (random() % 3 == 0) step[v] = 72 - 9 * static_cast<int>(v) + static_cast<int>(random() % 8);
      if (random() % 23 == 0 && s + 1 < steps) step[v] = Chorale::kRest;
    }
    chorale.steps.push_back(step);
  }
  for (int& pitch : chorale.steps.back()) pitch = std::max(pitch, 50);
  return chorale;
}

TEST(ChoraleJson, TakesIntegersFloatsRestsAndNulls) {
  const auto splits = parse(R"({"train": [[[74, 70.0, 65, 58], [-1, null, 65.0, -1]]], "valid": []})");
  ASSERT_EQ(splits.at("train").size(), 1u);
  EXPECT_THAT(splits.at("train")[0].steps, testing::ElementsAre(Step{74, 70, 65, 58}, Step{-1, -1, 65, -1}));
  EXPECT_TRUE(splits.at("valid").empty());
}

TEST(ChoraleJson, SpreadsShortChordsFromOutsideIn) {
  const auto splits = parse(R"({"train": [[[], [60], [55, 67], [52, 60, 72]]]})");
  EXPECT_THAT(splits.at("train")[0].steps, testing::ElementsAre(Step{-1, -1, -1, -1}, Step{60, -1, -1, -1},
                                                                Step{67, -1, -1, 55}, Step{72, 60, -1, 52}));
}

TEST(ChoraleJson, ErrorsNameFileAndPlace) {
  const auto message = [](std::string_view text) -> std::string {
    try {
      parse(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message("{\"train\": [[[1, 2"), testing::StartsWith("chorales.json, byte"));
  EXPECT_THAT(message("[1]"), testing::HasSubstr("must be an object"));
  EXPECT_THAT(message(R"({"trian": []})"), testing::HasSubstr("unknown split 'trian'"));
  EXPECT_THAT(message(R"({"train": [[[60, 60, 60, 128]]]})"), testing::HasSubstr("train piece 0 step 0"));
  EXPECT_THAT(message(R"({"train": [[[60, 60, 60, 60.5]]]})"), testing::HasSubstr("whole number"));
  EXPECT_THAT(message(R"({"train": [[[1, 2, 3, 4, 5]]]})"), testing::HasSubstr("at most four"));
  EXPECT_THAT(message(R"({"train": [["x"]]})"), testing::HasSubstr("a step must be"));
  EXPECT_THAT(message(R"({"train": [[[1e999, 1, 1, 1]]]})"), testing::StartsWith("chorales.json"));
}

TEST(ChoraleGrid, ScoreAndBackIsTheSameGrid) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Chorale chorale = random_chorale(seed, 16 + seed * 7);
    EXPECT_EQ(sample_chorale(chorale_score(chorale)).steps, chorale.steps) << "seed " << seed;
  }
}

TEST(ChoraleGrid, SurvivesAMidiFile) {
  const Chorale chorale = random_chorale(5, 64);
  const Score read = read_midi(write_midi(chorale_score(chorale)), "chorale.mid");
  EXPECT_EQ(sample_chorale(read).steps, chorale.steps);
}

TEST(ChoraleGrid, HeldPitchesAreOneNote) {
  Chorale chorale;
  chorale.steps = {{60, -1, -1, -1}, {60, -1, -1, -1}, {62, -1, -1, -1}};
  const Score score = chorale_score(chorale, 0.4);
  ASSERT_EQ(score.notes.size(), 2u);
  EXPECT_DOUBLE_EQ(score.notes[0].end, 0.2);
  EXPECT_EQ(score.notes[1].pitch, 62);
}

TEST(ChoraleEncoding, TokensAreVoicesInTurnAndComeBack) {
  Chorale chorale;
  chorale.steps = {{72, 67, -1, 48}};
  const Tokens tokens = ChoraleEncoding::encode_grid(chorale);
  EXPECT_THAT(tokens, testing::ElementsAre(76, 71, ChoraleEncoding::kRest, 52));
  EXPECT_EQ(ChoraleEncoding::decode_grid(tokens).steps, chorale.steps);
}

TEST(ChoraleEncoding, DecodingPassesOverMarksAndDropsAnUnfinishedStep) {
  const Tokens tokens{ChoraleEncoding::kBegin, 76, 71, 3, 52, 76, 71, ChoraleEncoding::kEnd};
  EXPECT_EQ(ChoraleEncoding::decode_grid(tokens).steps.size(), 1u);
}

TEST(ChoraleEncoding, AugmentingTransposesEveryNoteAlikeAndKeepsRests) {
  const ChoraleEncoding encoding;
  const Tokens body{70, 60, 3, 50, 71, 60, 3, 50};
  std::set<int32_t> shifts;
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    const Tokens moved = encoding.augment(body, random);
    const int32_t shift = moved[0] - body[0];
    shifts.insert(shift);
    for (size_t t = 0; t < body.size(); ++t) EXPECT_EQ(moved[t], body[t] == 3 ? 3 : body[t] + shift);
  }
  EXPECT_EQ(shifts.size(), 12u);  // -5 to +6
}

TEST(ChoraleEncoding, ReadsTheWholeDataSetAndCountsItsTokens) {
  const char* given = std::getenv("HEED_TEST_DATA");
  const std::filesystem::path data = given != nullptr ? given : HEED_SOURCE_DIR "/../shared/data";
  const auto file = data / "chorales" / "jsb-chorales-16th-satb.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is absent";
  const auto splits = read_chorale_json(file);
  EXPECT_EQ(splits.at("train").size(), 229u);
  size_t tokens = 0, rests = 0;
  for (const auto& chorale : splits.at("valid")) {
    for (const int32_t token : ChoraleEncoding::encode_grid(chorale)) {
      ++tokens;
      rests += token == ChoraleEncoding::kRest;
    }
  }
  EXPECT_EQ(tokens, 73632u);
  EXPECT_EQ(rests, 589u);
}

}  // namespace
}  // namespace heed::music
