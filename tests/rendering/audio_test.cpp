// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/audio.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numbers>
#include <vector>

#include "tests/core/expect_error.h"
#include "tests/rendering/picture.h"

#include "heed/rendering/sound_font.h"

namespace heed::rendering {
namespace {

using music::Note;
using music::Score;

/// A parsed WAV file.
struct Sound {
  explicit Sound(const std::string& file) {
    EXPECT_GE(file.size(), 44U);
    EXPECT_EQ(file.substr(0, 4) + file.substr(8, 8), "RIFFWAVEfmt ");
    EXPECT_EQ(file.substr(36, 4), "data");
    EXPECT_EQ(number(file, 4), file.size() - 8);
    EXPECT_EQ(number(file, 40), file.size() - 44);
    EXPECT_EQ(number(file, 20), 0x00020001U);  // PCM, two channels
    EXPECT_EQ(number(file, 32), 0x00100004U);  // 4 bytes a frame, 16 bits
    rate = static_cast<int>(number(file, 24));
    EXPECT_EQ(number(file, 28), static_cast<uint32_t>(4 * rate));
    samples.resize((file.size() - 44) / 2);
    if (!samples.empty()) std::memcpy(samples.data(), file.data() + 44, 2 * samples.size());
  }
  static uint32_t number(const std::string& file, size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, file.data() + at, 4);
    return value;
  }
  double seconds() const { return static_cast<double>(samples.size()) / 2 / rate; }
  double loudness(double from, double to) const {  // root mean square of the left channel
    double sum = 0;
    const auto first = static_cast<size_t>(from * rate), last = static_cast<size_t>(to * rate);
    for (size_t i = first; i < last; ++i) sum += samples[2 * i] * static_cast<double>(samples[2 * i]);
    return std::sqrt(sum / static_cast<double>(last - first));
  }
  int peak() const {
    int most = 0;
    for (const int16_t sample : samples) most = std::max(most, std::abs(static_cast<int>(sample)));
    return most;
  }
  /// Returns Goertzel's power at one frequency, with a Hann window.
  double power(double frequency, double from, double to) const {
    const auto first = static_cast<size_t>(from * rate), last = static_cast<size_t>(to * rate);
    const double turn = 2 * std::cos(2 * std::numbers::pi * frequency / rate),
                 count = static_cast<double>(last - first);
    double one = 0, two = 0;
    for (size_t i = first; i < last; ++i) {
      const double window =
          0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i - first) / count);
      const double zero = window * samples[2 * i] + turn * one - two;
      two = one;
      one = zero;
    }
    return one * one + two * two - turn * one * two;
  }
  int rate = 0;
  std::vector<int16_t> samples;
};

class AudioTest : public RenderingTest {
 protected:
  void SetUp() override {
    RenderingTest::SetUp();
    try {
      find_sound_font();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }
  Sound play(const Score& score, const AudioOptions& options = {}) {
    render_wav(score, file("a.wav"), options);
    return Sound(bytes(file("a.wav")));
  }
  static Score a4(double start = 0, double end = 1) {
    Score score;
    score.notes = {{.start = start, .end = end, .pitch = 69}};
    return score;
  }
};

TEST_F(AudioTest, LastsTheMusicAndItsTail) {
  for (const int rate : {16000, 44100}) {
    const Sound sound = play(a4(0.25, 1.1), {.sample_rate = rate, .tail_seconds = 0.7});
    EXPECT_EQ(sound.rate, rate);
    EXPECT_NEAR(sound.seconds(), 1.8, 1e-4);
  }
  EXPECT_EQ(files(), 1);
}

TEST_F(AudioTest, SoundsWhileNotesDoAndIsSilentOtherwise) {
  const Sound sound = play(a4(1, 2), {.tail_seconds = 4, .reverb = false});
  EXPECT_EQ(sound.loudness(0, 0.99), 0);
  EXPECT_GT(sound.loudness(1.05, 1.5), 1000);
  EXPECT_LT(sound.loudness(5, 6), 1);
}

TEST_F(AudioTest, BeginsWhereTheNoteDoes) {
  const Sound sound = play(a4(0.5, 1), {.reverb = false});
  size_t first = 0;
  while (first < sound.samples.size() && std::abs(static_cast<int>(sound.samples[first])) < 30) ++first;
  EXPECT_NEAR(static_cast<double>(first) / 2 / sound.rate, 0.5, 0.01);  // the sample itself begins softly
}

TEST_F(AudioTest, A4HasItsEnergyAt440Hertz) {
  const Sound sound = play(a4(0, 1.5), {.reverb = false});
  const double a = sound.power(440, 0.2, 1.2);
  for (const int semitones : {-3, -2, -1, 1, 2, 3}) {
    EXPECT_GT(a, 100 * sound.power(440 * std::pow(2, semitones / 12.0), 0.2, 1.2)) << semitones;
  }
}

TEST_F(AudioTest, DoesNotClipAndBringsThePeakToItsPlace) {
  Score loud;
  for (int pitch = 30; pitch < 100; ++pitch)
    loud.notes.push_back({.start = 0, .end = 1, .pitch = pitch, .velocity = 127});
  Score soft = a4();
  soft.notes[0].velocity = 20;
  EXPECT_NEAR(play(loud).peak(), 0.89 * 32767, 2);
  EXPECT_NEAR(play(soft).peak(), 0.89 * 32767, 2);
  EXPECT_NEAR(play(soft, {.gain = 0.5}).peak(), 0.445 * 32767, 2);
}

TEST_F(AudioTest, NoNotesAreSilence) {
  const Sound sound = play({}, {.tail_seconds = 0.5});
  EXPECT_NEAR(sound.seconds(), 0.5, 1e-4);
  EXPECT_EQ(sound.peak(), 0);
  EXPECT_EQ(play({}, {.tail_seconds = 0}).samples.size(), 0U);
}

TEST_F(AudioTest, TheSameMusicGivesTheSameBytes) {
  Score score = a4();
  score.notes.push_back({.start = 0.3, .end = 0.8, .pitch = 61, .program = 40, .voice = 2});
  render_wav(score, file("a.wav"));
  render_wav(score, file("b.wav"));
  EXPECT_TRUE(bytes(file("a.wav")) == bytes(file("b.wav")));
}

TEST_F(AudioTest, ProgramsAndPercussionAreHonoured) {
  const Sound piano = play(a4(0, 2), {.reverb = false});
  Score organ_score = a4(0, 2), drum_score = a4(0, 2);
  organ_score.notes[0].program = 19;
  const Sound organ = play(organ_score, {.reverb = false});
  // An organ sustains its tone, a piano's decays.
  EXPECT_GT(organ.loudness(1.5, 1.9) / organ.loudness(0.3, 0.7), 0.8);
  EXPECT_LT(piano.loudness(1.5, 1.9) / piano.loudness(0.3, 0.7), 0.7);
  drum_score.notes[0] = {.start = 0, .end = 2, .pitch = 42, .drum = true};  // closed hi-hat
  const Sound drum = play(drum_score, {.reverb = false});
  EXPECT_LT(drum.loudness(1, 1.9), 0.02 * drum.loudness(0, 0.1));
}

TEST_F(AudioTest, OneVoiceDoesNotEndAnothersNote) {
  Score score;
  score.notes = {{.start = 0, .end = 2, .pitch = 69, .program = 19, .voice = 0},
                 {.start = 0.5, .end = 1, .pitch = 69, .program = 19, .voice = 1}};
  const Sound apart = play(score, {.reverb = false});
  EXPECT_GT(apart.loudness(1.4, 1.9), 0.3 * apart.loudness(0.1, 0.4));
  score.notes[1].voice = 0;
  const Sound together = play(score, {.reverb = false});
  EXPECT_GT(together.loudness(1.4, 1.9), 0.3 * together.loudness(0.1, 0.4));
}

TEST_F(AudioTest, HundredsOfPartsAreAllPlayed) {
  Score score;
  for (int part = 0; part < 400; ++part) {
    score.notes.push_back(
        {.start = part * 0.01, .end = part * 0.01 + 0.05, .pitch = 60, .program = part % 5, .voice = part});
  }
  const Sound sound = play(score);
  EXPECT_GT(sound.loudness(3.9, 4.0), 300);
}

TEST_F(AudioTest, NotesThatCannotSoundAreLeftOut) {
  Score score = a4();
  score.notes.push_back({.start = std::nan(""), .end = 1});
  score.notes.push_back({.start = 0, .end = INFINITY});
  score.notes.push_back({.start = 0, .end = 90, .pitch = 128});
  score.notes.push_back({.start = 0, .end = 90, .velocity = 0});
  score.notes.push_back({.start = 0.5, .end = 0.2});  // ends before it starts: becomes a click
  EXPECT_NEAR(play(score).seconds(), 2.5, 1e-3);
}

TEST_F(AudioTest, MoreThanAWavFileHoldsIsAnError) {
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { render_wav(a4(0, 30000), file("a.wav")); }),
              ::testing::HasSubstr("a WAV file is limited to"));
  EXPECT_THROW(render_wav(a4(0, 1e300), file("a.wav")), Error);
  EXPECT_EQ(files(), 0);
}

TEST_F(AudioTest, UnwritablePathIsAnErrorAndLeavesNothing) {
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { render_wav(a4(), file("missing") / "a.wav"); }),
              ::testing::HasSubstr("cannot open: No such file"));
  std::filesystem::create_directory(file("taken.wav"));
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { render_wav(a4(), file("taken.wav")); }),
              ::testing::HasSubstr("taken.wav: cannot rename into place"));
  EXPECT_EQ(files(), 1);
}

TEST_F(AudioTest, OptionsOutOfRangeAreErrors) {
  for (const AudioOptions& options : {AudioOptions{.sample_rate = 100}, AudioOptions{.gain = -1},
                                      AudioOptions{.tail_seconds = std::nan("")}}) {
    EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { render_wav(a4(), file("a.wav"), options); }),
                ::testing::HasSubstr(" must be "));
  }
  EXPECT_EQ(files(), 0);
}

TEST_F(AudioTest, ASoundFontThatIsNoneIsNamed) {
  std::ofstream(file("fake.sf2")) << "not a font";
  for (const char* name : {"fake.sf2", "missing.sf2"}) {
    try {
      render_wav(a4(), file("a.wav"), {.sound_font = file(name)});
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos);
    }
  }
  EXPECT_EQ(files(), 1);
}

}  // namespace
}  // namespace heed::rendering
