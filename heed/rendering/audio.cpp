// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/audio.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "heed/core/error.h"
#include "heed/rendering/sound_font.h"
#include "heed/rendering/synthesizer.h"
#include "heed/rendering/wav.h"

namespace heed::rendering {
namespace {

constexpr size_t kBlockFrames = 4096;
constexpr double kLoudest = 0.89, kMostRaise = 1000, kFadeSeconds = 0.25, kLeastNoteSeconds = 0.02;

/// Stores samples until their peak is known.
class Scratch {
 public:
  explicit Scratch(const std::filesystem::path& beside) : path_(beside), file_(nullptr, std::fclose) {
    std::filesystem::path name = beside;
    name += ".scratch-" + std::to_string(::getpid());
    file_.reset(std::fopen(name.c_str(), "w+be"));
    if (!file_) fail("cannot open");
    ::unlink(name.c_str());  // the open handle keeps the file; nothing is left however the program ends
  }
  void write(std::span<const float> samples) {
    if (std::fwrite(samples.data(), sizeof(float), samples.size(), file_.get()) != samples.size())
      fail("cannot write");
  }
  void rewind() {
    if (std::fflush(file_.get()) != 0) fail("cannot write");
    std::rewind(file_.get());
  }
  void read(std::span<float> samples) {
    if (std::fread(samples.data(), sizeof(float), samples.size(), file_.get()) != samples.size())
      fail("cannot read back");
  }

 private:
  [[noreturn]] void fail(const char* action) const {
    throw Error(ErrorKind::kSystem, std::string(action) + ": " + std::strerror(errno), path_.string());
  }
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

struct Event {
  uint64_t frame;
  bool start;
  size_t note;
};

bool playable(const music::Note& note) {
  return std::isfinite(note.start) && std::isfinite(note.end) && note.pitch >= 0 && note.pitch < 128 &&
         note.velocity > 0 && note.velocity < 128;
}

// Sorted by time; at one time, ends come before starts.
std::vector<Event> schedule(const std::vector<music::Note>& notes, int sample_rate) {
  std::vector<Event> events;
  const auto frame_at = [&](double seconds) {
    return static_cast<uint64_t>(std::llround(std::max(0.0, seconds) * sample_rate));
  };
  for (size_t i = 0; i < notes.size(); ++i) {
    const uint64_t start = frame_at(notes[i].start);
    events.push_back({start, true, i});
    events.push_back({std::max(frame_at(notes[i].end), start + frame_at(kLeastNoteSeconds)), false, i});
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return a.frame != b.frame ? a.frame < b.frame : a.start < b.start;
  });
  return events;
}

std::vector<music::Note> playable_notes(const music::Score& score) {
  std::vector<music::Note> notes;
  std::copy_if(score.notes.begin(), score.notes.end(), std::back_inserter(notes), playable);
  return notes;
}

double last_end(const std::vector<music::Note>& notes) {
  double end = 0;
  for (const music::Note& note : notes) end = std::max(end, note.end);
  return end;
}

void check_options(const AudioOptions& options) {
  if (options.sample_rate < 8000 || options.sample_rate > 96000) {
    throw Error(ErrorKind::kUsage,
                "sample rate must be 8000 to 96000, got " + std::to_string(options.sample_rate));
  }
  if (!(options.gain >= 0 && options.gain <= 1.1)) {
    throw Error(ErrorKind::kUsage, "gain must be 0 to 1.1, got " + std::to_string(options.gain));
  }
  if (!(options.tail_seconds >= 0 && options.tail_seconds <= 60)) {
    throw Error(ErrorKind::kUsage, "tail must be 0 to 60 s, got " + std::to_string(options.tail_seconds));
  }
}

// Plays all notes into the scratch file and returns the peak of the samples.
double synthesize(const std::vector<music::Note>& notes, uint64_t frames, const AudioOptions& options,
                  Scratch& scratch) {
  Synthesizer synthesizer({find_sound_font(options.sound_font), options.sample_rate, options.reverb}, notes);
  const std::vector<Event> events = schedule(notes, options.sample_rate);
  std::vector<float> block(2 * kBlockFrames);
  double peak = 0;
  size_t next = 0;
  for (uint64_t frame = 0; frame < frames;) {
    for (; next < events.size() && events[next].frame <= frame; ++next) {
      const music::Note& note = notes[events[next].note];
      events[next].start ? synthesizer.start(note) : synthesizer.stop(note);
    }
    const uint64_t until = next < events.size() ? std::min(events[next].frame, frames) : frames;
    const auto count = static_cast<size_t>(std::min<uint64_t>(until - frame, kBlockFrames));
    const std::span<float> samples(block.data(), 2 * count);
    synthesizer.play(samples);
    for (const float sample : samples) peak = std::max(peak, std::abs(static_cast<double>(sample)));
    scratch.write(samples);
    frame += count;
  }
  return peak;
}

// Scales to 16 bits and fades the end out so that it does not click.
void convert(Scratch& scratch, uint64_t frames, double factor, uint64_t fade_frames, WavWriter& wav) {
  std::vector<float> block(2 * kBlockFrames);
  std::vector<int16_t> samples(2 * kBlockFrames);
  for (uint64_t frame = 0; frame < frames;) {
    const auto count = static_cast<size_t>(std::min<uint64_t>(frames - frame, kBlockFrames));
    scratch.read({block.data(), 2 * count});
    for (size_t i = 0; i < 2 * count; ++i) {
      const uint64_t left = frames - frame - i / 2;
      const double fade =
          left < fade_frames ? static_cast<double>(left) / static_cast<double>(fade_frames) : 1;
      const double value = 32767 * factor * fade * static_cast<double>(block[i]);
      samples[i] = static_cast<int16_t>(std::lround(std::clamp(value, -32767.0, 32767.0)));
    }
    wav.write({samples.data(), 2 * count});
    frame += count;
  }
}

}  // namespace

void render_wav(const music::Score& score, const std::filesystem::path& path, const AudioOptions& options) {
  check_options(options);
  const std::vector<music::Note> notes = playable_notes(score);
  const double seconds = std::min(last_end(notes) + options.tail_seconds, 1e9);
  const auto frames = static_cast<uint64_t>(std::ceil(seconds * options.sample_rate));
  WavWriter wav(path, options.sample_rate, frames);
  Scratch scratch(path);
  const double peak = synthesize(notes, frames, options, scratch);
  scratch.rewind();
  // Below a hundredth of a 16-bit step there is only the reverb's own noise, which is not amplified.
  const double factor = peak < 3e-7 ? 0 : options.gain * std::min(kLoudest / peak, kMostRaise);
  const double fade = std::min(options.tail_seconds, kFadeSeconds) * options.sample_rate;
  convert(scratch, frames, factor, static_cast<uint64_t>(fade), wav);
  wav.finish();
}

}  // namespace heed::rendering
