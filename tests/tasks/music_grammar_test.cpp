// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_grammar.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "heed/data/music/chorale_encoding.h"
#include "heed/data/music/performance.h"

namespace heed::tasks {
namespace {

/// Walks the grammar at random among the allowed tokens. Returns the body, without the end mark.
music::Tokens random_walk(const std::shared_ptr<const music::Encoding>& encoding, const MusicLength& length,
                          uint64_t seed) {
  auto grammar = music_grammar(encoding, length)(0);
  std::mt19937_64 random(seed);
  grammar->accept(encoding->begin());
  music::Tokens body;
  for (int i = 0; i < 20000; ++i) {
    std::vector<float> logits(static_cast<size_t>(encoding->vocabulary_size()), 0.0F);
    grammar->restrict_logits(logits);
    std::vector<int32_t> allowed;
    for (size_t t = 0; t < logits.size(); ++t) {
      if (std::isfinite(logits[t])) allowed.push_back(static_cast<int32_t>(t));
    }
    EXPECT_FALSE(allowed.empty());
    if (allowed.empty()) return body;
    const int32_t token = allowed[random() % allowed.size()];
    grammar->accept(token);
    if (token == encoding->end()) return body;
    body.push_back(token);
  }
  ADD_FAILURE() << "the grammar never let the piece end";
  return body;
}

TEST(ChoraleGrammar, EndsOnWholeStepsWithinTheLength) {
  const auto encoding = music::make_encoding("chorale");
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const music::Tokens body = random_walk(encoding, {.least_seconds = 3, .most_seconds = 6}, seed);
    EXPECT_EQ(body.size() % 4, 0u);
    EXPECT_GE(body.size(), 3 / 0.15 * 4 - 1e-9);
    EXPECT_LE(body.size(), 6 / 0.15 * 4 + 1e-9);
    for (const int32_t token : body) EXPECT_GE(token, music::ChoraleEncoding::kRest);
  }
}

TEST(PerformanceGrammar, ReleasesWhatSoundsAndOnlyThat) {
  namespace performance = music::performance;
  const auto encoding = music::make_encoding("performance");
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const music::Tokens body = random_walk(encoding, {.least_seconds = 1, .most_seconds = 4}, seed);
    std::set<int32_t> sounding;
    for (const int32_t event : body) {
      if (event < performance::kNoteOff) {
        EXPECT_TRUE(sounding.insert(event).second) << "struck while it sounds";
      } else if (event < performance::kShift) {
        EXPECT_EQ(sounding.erase(event - performance::kNoteOff), 1u) << "released without sounding";
      }
      EXPECT_LT(event, performance::kEvents);
    }
    EXPECT_TRUE(sounding.empty()) << "left hanging";
  }
}

TEST(MusicGrammar, LeastLengthBeyondTheMostIsTheMost) {
  const auto encoding = music::make_encoding("chorale");
  EXPECT_EQ(random_walk(encoding, {.least_seconds = 100, .most_seconds = 3}, 1).size(), 80u);
}

}  // namespace
}  // namespace heed::tasks
