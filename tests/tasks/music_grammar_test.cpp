// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_grammar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "heed/data/music/chorale_encoding.h"
#include "heed/data/music/performance.h"

namespace heed::tasks {
namespace {

/// Walks the grammar at random among the allowed tokens. Returns the body, without the end mark.
music::Tokens random_walk(const std::shared_ptr<const music::Encoding>& encoding, const MusicRules& rules,
                          uint64_t seed) {
  auto grammar = music_grammar(encoding, rules)(0);
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
    const music::Tokens body = random_walk(encoding, {.length = {3, 6}, .notes = {}}, seed);
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
    const music::Tokens body = random_walk(encoding, {.length = {1, 4}, .notes = {}}, seed);
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
  EXPECT_EQ(random_walk(encoding, {.length = {100, 3}, .notes = {}}, 1).size(), 80u);
}

TEST(PerformanceGrammar, KeepsNotesShortFewAndInRange) {
  const auto encoding = music::make_encoding("performance");
  const NoteLimits limits{.longest_seconds = 0.37, .lowest_pitch = 50, .highest_pitch = 70, .most_notes = 4};
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const music::Tokens body = random_walk(encoding, {.length = {2, 8}, .notes = limits}, seed);
    const auto notes = music::decode_performance(body);
    ASSERT_FALSE(notes.empty());
    for (const auto& note : notes) {
      EXPECT_LE(note.end - note.start, 0.37 + 1e-9);
      EXPECT_GE(note.pitch, 50);
      EXPECT_LE(note.pitch, 70);
      const auto sounding = std::count_if(notes.begin(), notes.end(), [&](const music::Note& other) {
        return other.start <= note.start && other.end > note.start;
      });
      EXPECT_LE(sounding, 4);
    }
  }
}

/// The sums of the probabilities of strikes, releases and shifts.
std::array<double, 3> shares(const std::vector<float>& logits) {
  namespace performance = music::performance;
  std::array<double, 3> sums{};
  double all = 0;
  for (size_t t = 0; t < logits.size(); ++t) {
    const double p = std::exp(static_cast<double>(logits[t]));
    const auto event = static_cast<int32_t>(t);
    all += p;
    if (event < performance::kNoteOff)
      sums[0] += p;
    else if (event < performance::kShift)
      sums[1] += p;
    else if (event < performance::kVelocity)
      sums[2] += p;
  }
  for (double& sum : sums) sum /= all;
  return sums;
}

TEST(PerformanceGrammar, StrikesReleasesAndTimeStayAsLikelyAsTheModelSays) {
  namespace performance = music::performance;
  const auto encoding = music::make_encoding("performance");
  const NoteLimits limits{.longest_seconds = 0.3, .lowest_pitch = 60, .highest_pitch = 64, .most_notes = 0};
  auto grammar = music_grammar(encoding, {.length = {5, 9}, .notes = limits})(0);
  grammar->accept(encoding->begin());
  grammar->accept(performance::kNoteOn + 62);
  std::vector<float> logits(static_cast<size_t>(encoding->vocabulary_size()));
  std::mt19937_64 random(4);
  for (float& logit : logits) logit = std::normal_distribution<float>(0, 2)(random);
  logits[performance::kBegin] = logits[performance::kEnd] = -100;
  auto restricted = logits;
  grammar->restrict_logits(restricted);
  for (size_t kind = 0; kind < 3; ++kind)
    EXPECT_NEAR(shares(restricted)[kind], shares(logits)[kind], 1e-5) << kind;
  const auto allowed = [&](int32_t event) { return std::isfinite(restricted[static_cast<size_t>(event)]); };
  EXPECT_TRUE(allowed(performance::kNoteOff + 62));
  EXPECT_FALSE(allowed(performance::kNoteOff + 63));
  EXPECT_TRUE(allowed(performance::kShift + 29)) << "to where the note has to end";
  EXPECT_FALSE(allowed(performance::kShift + 30));
  // Between allowed events of a kind nothing changes.
  EXPECT_NEAR(restricted[60] - restricted[61], logits[60] - logits[61], 1e-5);
}

TEST(PerformanceGrammar, ZeroLiftsALimit) {
  const auto encoding = music::make_encoding("performance");
  double longest = 0;
  int lowest = 127, highest = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    for (const auto& note :
         music::decode_performance(random_walk(encoding, {.length = {2, 20}, .notes = {}}, seed))) {
      longest = std::max(longest, note.end - note.start);
      lowest = std::min(lowest, note.pitch);
      highest = std::max(highest, note.pitch);
    }
  }
  EXPECT_GT(longest, 5);
  EXPECT_LT(lowest, 10);
  EXPECT_GT(highest, 117);
}

TEST(PerformanceGrammar, NotesOfTheOpeningEndWhereTheirSourceEndsThem) {
  namespace performance = music::performance;
  const auto encoding = music::make_encoding("performance");
  MusicOpening opening;
  // Struck at 0 and 0.5 s; the opening ends at 1 s.
  opening.body = {performance::kNoteOn + 60, performance::kShift + 49, performance::kNoteOn + 64,
                  performance::kShift + 49};
  opening.held = {{60, 1.73}, {64, 6}};
  opening.end_seconds = 1;
  const NoteLimits limits{.longest_seconds = 0.4, .lowest_pitch = 80, .highest_pitch = 90, .most_notes = 6};
  for (uint64_t seed = 0; seed < 20; ++seed) {
    auto grammar = music_grammar(encoding, {.length = {8, 9}, .notes = limits}, opening)(0);
    grammar->accept(encoding->begin());
    music::Tokens body = opening.body;
    for (const int32_t token : opening.body) grammar->accept(token);
    std::mt19937_64 random(seed);
    for (int32_t token = 0; body.size() < 5000 && token != encoding->end();) {
      std::vector<float> logits(static_cast<size_t>(encoding->vocabulary_size()), 0.0F);
      grammar->restrict_logits(logits);
      do token = static_cast<int32_t>(random() % logits.size());
      while (!std::isfinite(logits[static_cast<size_t>(token)]));
      grammar->accept(token);
      body.push_back(token);
    }
    const auto notes = music::decode_performance(body);
    EXPECT_NEAR(notes.at(0).end, 1.73, 1e-9);
    EXPECT_NEAR(notes.at(1).end, 6, 1e-9) << "the limit holds for new notes only";
    for (size_t i = 2; i < notes.size(); ++i) EXPECT_LE(notes[i].end - notes[i].start, 0.4 + 1e-9);
  }
}

TEST(ChoraleGrammar, StaysInTheRangeOfPitches) {
  const auto encoding = music::make_encoding("chorale");
  const music::Tokens body =
      random_walk(encoding, {.length = {3, 6}, .notes = {.lowest_pitch = 48, .highest_pitch = 79}}, 3);
  for (const int32_t token : body) {
    const auto pitch = encoding->pitch(token);
    EXPECT_TRUE(!pitch || (*pitch >= 48 && *pitch <= 79)) << *pitch;
  }
}

}  // namespace
}  // namespace heed::tasks
