// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/performance.h"

#include <chrono>
#include <cstdlib>
#include <set>

#include "tests/core/expect_error.h"
#include "tests/data/music/test_data.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/data/music/midi_folder.h"

namespace heed::music {
namespace {

namespace p = performance;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int32_t> encode(const std::vector<Note>& notes, const PerformanceOptions& options = {}) {
  return encode_performance(notes, options);
}

TEST(Performance, HasTheEventsOfThePaper) {
  EXPECT_EQ(p::kEvents, 388);
  EXPECT_EQ(p::kVocabulary, 390);
  std::set<std::string> names;
  for (int32_t event = 0; event < p::kVocabulary; ++event) names.insert(describe_event(event));
  EXPECT_EQ(names.size(), 390U);
  EXPECT_EQ(describe_event(p::kNoteOn + 60), "note-on C4");
  EXPECT_EQ(describe_event(p::kNoteOff + 54), "note-off F#3");
  EXPECT_EQ(describe_event(p::kShift), "shift 10 ms");
  EXPECT_EQ(describe_event(p::kShift + 99), "shift 1000 ms");
  EXPECT_EQ(describe_event(p::kVelocity), "velocity 1");
}

TEST(Performance, EncodesByHand) {
  const std::vector<Note> notes{{.start = 5, .end = 6.254, .pitch = 60, .velocity = 100},
                                {.start = 5, .end = 5.5, .pitch = 64, .velocity = 99},
                                {.start = 5.5, .end = 5.6, .pitch = 64, .velocity = 3}};
  EXPECT_THAT(encode(notes), ElementsAre(p::kVelocity + 24, p::kNoteOn + 60, p::kNoteOn + 64, p::kShift + 49,
                                         p::kNoteOff + 64, p::kVelocity + 0, p::kNoteOn + 64, p::kShift + 9,
                                         p::kNoteOff + 64, p::kShift + 64, p::kNoteOff + 60));
}

TEST(Performance, LongRestsTakeSeveralShiftsAndLeadingSilenceIsAnOption) {
  const std::vector<Note> notes{{.start = 2.5, .end = 2.6, .pitch = 60, .velocity = 1}};
  EXPECT_THAT(encode(notes, {.keep_leading_silence = true}),
              ElementsAre(p::kShift + 99, p::kShift + 99, p::kShift + 49, p::kVelocity, p::kNoteOn + 60,
                          p::kShift + 9, p::kNoteOff + 60));
  EXPECT_THAT(encode(notes), ElementsAre(p::kVelocity, p::kNoteOn + 60, p::kShift + 9, p::kNoteOff + 60));
  EXPECT_THAT(encode({}), IsEmpty());
}

TEST(Performance, EveryVelocityComesBackWithinAStep) {
  for (int velocity = 1; velocity <= 127; ++velocity) {
    const auto back = decode_performance(encode({{.start = 0, .end = 1, .velocity = velocity}}));
    ASSERT_EQ(back.size(), 1U);
    EXPECT_LT(std::abs(back[0].velocity - velocity), p::kVelocityStep);
  }
}

/// Returns the notes that the encoding promises to preserve: of notes of one pitch on one step the longest,
/// each ending when its pitch is struck again. Times start at the first note.
std::vector<Note> promised(std::vector<Note> notes) {
  if (notes.empty()) return notes;
  sort_notes(notes);
  const double origin = notes.front().start;
  std::array<std::vector<Note>, 128> by_pitch;
  for (Note note : notes) {
    note.start -= origin;
    note.end -= origin;
    auto& before = by_pitch[static_cast<size_t>(note.pitch)];
    const auto step = [](const Note& n) { return std::lround(n.start / p::kStepSeconds); };
    if (!before.empty() && step(before.back()) == step(note)) {
      if (note.end > before.back().end) before.back() = note;
      continue;
    }
    if (!before.empty()) before.back().end = std::min(before.back().end, note.start);
    before.push_back(note);
  }
  std::vector<Note> result;
  for (const auto& pitch : by_pitch) result.insert(result.end(), pitch.begin(), pitch.end());
  return result;
}

void by_pitch_and_start(std::vector<Note>& notes) {
  std::sort(notes.begin(), notes.end(), [](const Note& a, const Note& b) {
    return std::tie(a.pitch, a.start) < std::tie(b.pitch, b.start);
  });
}

/// Checks the promised precision of the round trip: 10 ms, one velocity level. Returns the number of notes.
size_t check_round_trip(const std::vector<Note>& notes) {
  std::vector<Note> expected = promised(notes);
  const auto events = encode(notes);
  std::vector<Note> back = decode_performance(events);
  by_pitch_and_start(expected);
  by_pitch_and_start(back);
  EXPECT_EQ(back.size(), expected.size());
  if (back.size() != expected.size()) return 0;
  constexpr double kTolerance = p::kStepSeconds + 1e-9;
  for (size_t i = 0; i < back.size(); ++i) {
    const bool same = back[i].pitch == expected[i].pitch &&
                      std::abs(back[i].start - expected[i].start) <= kTolerance &&
                      std::abs(back[i].end - expected[i].end) <= kTolerance &&
                      std::abs(back[i].velocity - expected[i].velocity) < p::kVelocityStep;
    EXPECT_TRUE(same) << "note " << i << " pitch " << expected[i].pitch << " at " << expected[i].start
                      << " to " << expected[i].end << " came back at " << back[i].start << " to "
                      << back[i].end;
    if (!same) return 0;
  }
  EXPECT_EQ(encode(back), events) << "encoding what was decoded changes it";
  return back.size();
}

TEST(Performance, RoundTripOfRandomPiecesIsWithinAStep) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    EXPECT_GT(check_round_trip(testing::random_notes(seed, 500)), 400U);
  }
}

TEST(Performance, ErrorsDoNotAddUpOverALongPiece) {
  std::vector<Note> notes;
  for (int i = 0; i < 20'000; ++i) {
    const double start = i * 0.1234567;
    notes.push_back({.start = start, .end = start + 0.0511, .pitch = 40 + i % 50, .velocity = 64});
  }
  EXPECT_EQ(check_round_trip(notes), notes.size());
}

TEST(Performance, RoundTripOfEveryAsapPerformanceIsWithinAStep) {
  const auto archive = testing::shared_data() / "asap" / "asap-performances.tar.gz";
  if (!std::filesystem::exists(archive)) GTEST_SKIP() << "no " << archive << "; set HEED_TEST_DATA";
  const testing::TemporaryFolder folder;
  const std::string command = "tar xzf '" + archive.string() + "' -C '" + folder.path().string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  ReadReport report;
  size_t notes = 0, kept = 0;
  const auto files = list_music(folder.path()).files;
  read_midi_files(files, {.strict = true}, report, [&](const ReadMidi& midi) {
    SCOPED_TRACE(midi.path);
    notes += midi.score.notes.size();
    kept += check_round_trip(midi.score.notes);
  });
  EXPECT_EQ(report.read, 955);
  EXPECT_EQ(report.skipped, 0);
  EXPECT_TRUE(report.without_notes.empty());
  // Two onsets of one pitch within 10 ms cannot both be kept; real performances hardly ever have them.
  EXPECT_GT(static_cast<double>(kept), 0.9999 * static_cast<double>(notes));
  std::printf("%zu of %zu notes kept\n", kept, notes);
}

TEST(Performance, DecodesAnySequence) {
  const auto decode = [](std::vector<int32_t> events) { return decode_performance(events); };
  EXPECT_THAT(decode({}), IsEmpty());
  EXPECT_THAT(decode({p::kNoteOff + 60, p::kShift, p::kNoteOff + 60}), IsEmpty());
  EXPECT_THAT(decode({p::kNoteOn + 60, p::kNoteOff + 60}), IsEmpty());
  const auto hanging =
      decode({p::kBegin, p::kNoteOn + 60, p::kShift + 9, p::kNoteOn + 60, p::kShift + 4, p::kEnd});
  ASSERT_EQ(hanging.size(), 2U);
  EXPECT_NEAR(hanging[0].end, 0.10, 1e-12);
  EXPECT_NEAR(hanging[1].start, 0.10, 1e-12);
  EXPECT_NEAR(hanging[1].end, 0.15, 1e-12);
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { decode({390}); }), ::testing::HasSubstr("390"));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { decode({-1}); }), ::testing::HasSubstr("-1"));
  std::mt19937_64 random(5);
  std::vector<int32_t> noise;
  for (int i = 0; i < 20'000; ++i) noise.push_back(static_cast<int32_t>(random() % p::kVocabulary));
  for (const auto& note : decode(noise)) ASSERT_LT(note.start, note.end);
}

TEST(Performance, EventSecondsFollowTheShifts) {
  const std::vector<int32_t> events{p::kBegin,        p::kNoteOn + 60, p::kShift + 99,
                                    p::kNoteOff + 60, p::kShift,       p::kEnd};
  EXPECT_THAT(event_seconds(events), ElementsAre(0, 0, 0, 1, 1, 1.01));
}

TEST(Performance, PercussionIsLeftOut) {
  EXPECT_THAT(encode({{.start = 0, .end = 1, .drum = true}}), IsEmpty());
}

TEST(Augmentation, TransposesAllButPercussionAndDropsWhatLeavesTheRange) {
  const std::vector<Note> notes{{.pitch = 126}, {.pitch = 60}, {.pitch = 38, .drum = true}, {.pitch = 1}};
  const auto pitches = [](const std::vector<Note>& of) {
    std::vector<int> result;
    for (const auto& note : of) result.push_back(note.pitch);
    return result;
  };
  EXPECT_THAT(pitches(transpose(notes, 3)), ElementsAre(63, 38, 4));
  EXPECT_THAT(pitches(transpose(notes, -3)), ElementsAre(123, 57, 38));
  EXPECT_EQ(transpose(notes, 0), notes);
}

TEST(Augmentation, StretchMovesStartsAndEnds) {
  for (const double factor : kStretches) {
    const auto moved = stretch(std::vector<Note>{{.start = 2, .end = 3}}, factor);
    EXPECT_DOUBLE_EQ(moved[0].start, 2 * factor);
    EXPECT_DOUBLE_EQ(moved[0].end, 3 * factor);
  }
}

}  // namespace
}  // namespace heed::music
