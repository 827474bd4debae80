// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/music/beat_map.h"

namespace heed::music {
namespace {

constexpr int kPercussionChannel = 9, kMelodicChannels = 15;
constexpr int64_t kLongestDelta = 0x0FFFFFFF;
constexpr double kLongestSeconds = 24 * 3600;
constexpr int kMostQuartersInBar = 32, kUsualTicksPerQuarter = 480;

using Bytes = std::vector<std::byte>;

void put(Bytes& out, uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void put_variable_length(Bytes& out, uint32_t value) {
  for (int shift = 21; shift > 0; shift -= 7) {
    if (value >> shift) out.push_back(static_cast<std::byte>((value >> shift & 0x7F) | 0x80));
  }
  out.push_back(static_cast<std::byte>(value & 0x7F));
}

void put_chunk(Bytes& out, std::string_view tag, const Bytes& body) {
  for (const char c : tag) out.push_back(static_cast<std::byte>(c));
  put(out, static_cast<uint32_t>(body.size()), 4);
  out.insert(out.end(), body.begin(), body.end());
}

/// Returns the number of quarters per bar if the bar lines define it.
std::optional<int> bar_quarters(const Score& score, const BeatMap& beats) {
  if (score.bar_lines.size() < 2 || beats.ticks(score.bar_lines[0]) != 0) return std::nullopt;
  const int64_t bar = beats.ticks(score.bar_lines[1]);
  if (bar <= 0 || bar % beats.ticks_per_quarter() != 0) return std::nullopt;
  for (size_t i = 2; i < score.bar_lines.size(); ++i) {
    if (beats.ticks(score.bar_lines[i]) != static_cast<int64_t>(i) * bar) return std::nullopt;
  }
  const int64_t quarters = bar / beats.ticks_per_quarter();
  return quarters <= kMostQuartersInBar ? std::optional<int>(static_cast<int>(quarters)) : std::nullopt;
}

/// The beats of the file: the score's own, or one tempo.
BeatMap beats_of(const Score& score, const MidiWriteOptions& options) {
  if (score.beats && options.quarter_seconds == 0 && options.ticks_per_quarter == 0) return *score.beats;
  const double quarter = options.quarter_seconds == 0 ? score.quarter_seconds : options.quarter_seconds;
  const double microseconds = std::round(quarter * 1e6);
  if (!(microseconds >= 1 && microseconds <= 0xFFFFFF)) {
    throw Error(ErrorKind::kUsage, "a quarter in a MIDI file must last 0.000001 to 16.77 seconds, got " +
                                       std::to_string(quarter));
  }
  const int division = options.ticks_per_quarter == 0 ? kUsualTicksPerQuarter : options.ticks_per_quarter;
  if (division < 1 || division > 0x7FFF) {
    throw Error(ErrorKind::kUsage,
                "a MIDI file must have 1 to 32767 ticks per quarter, got " + std::to_string(division));
  }
  const BeatMap beats(division, {{.tick = 0, .quarter_microseconds = static_cast<uint32_t>(microseconds)}},
                      {});
  const auto quarters = bar_quarters(score, beats);
  return quarters ? BeatMap(division, beats.tempos(), {{.tick = 0, .numerator = *quarters}}) : beats;
}

struct TimedNote {
  int64_t start = 0, end = 0;
  const Note* note = nullptr;
};

/// A channel message at a tick. Within a tick, notes end before others start, and a program change comes
/// right before the notes that use it.
struct Message {
  int64_t tick = 0;
  int order = 0;
  std::array<uint8_t, 3> bytes{};
  int size = 3;
};

void check(const Note& note) {
  const auto inside = [](int value, int low) { return value >= low && value <= 127; };
  const bool time = note.start >= 0 && note.end >= note.start && note.end <= kLongestSeconds;
  if (time && inside(note.pitch, 0) && inside(note.velocity, 1) && inside(note.program, 0)) return;
  throw Error(ErrorKind::kData,
              "a note cannot be written to MIDI: start " + std::to_string(note.start) + " s, end " +
                  std::to_string(note.end) + " s, pitch " + std::to_string(note.pitch) + ", velocity " +
                  std::to_string(note.velocity) + ", program " + std::to_string(note.program));
}

/// Converts the notes of a voice to ticks. No note overlaps another of the same pitch.
std::vector<TimedNote> time_notes(const std::vector<const Note*>& voice, const BeatMap& beats) {
  std::vector<TimedNote> notes;
  for (const Note* note : voice) {
    const int64_t start = beats.ticks(note->start);
    notes.push_back({start, std::max(start + 1, beats.ticks(note->end)), note});
  }
  // Rounding can move notes to the same tick. Sort those by program and pitch, whatever their order was.
  std::stable_sort(notes.begin(), notes.end(), [](const TimedNote& a, const TimedNote& b) {
    return std::tie(a.start, a.note->program, a.note->pitch) <
           std::tie(b.start, b.note->program, b.note->pitch);
  });
  std::map<std::pair<bool, int>, size_t> latest;
  for (size_t i = 0; i < notes.size(); ++i) {
    const auto [last, first_of_pitch] = latest.try_emplace({notes[i].note->drum, notes[i].note->pitch}, i);
    if (first_of_pitch) continue;
    TimedNote& before = notes[last->second];
    // Two notes at one tick become one, as long as the longer.
    if (before.start == notes[i].start) notes[i].end = std::max(notes[i].end, before.end);
    before.end = std::min(before.end, notes[i].start);
    last->second = i;
  }
  std::erase_if(notes, [](const TimedNote& note) { return note.end <= note.start; });
  return notes;
}

void add_messages(const std::vector<TimedNote>& notes, int voice_channel, std::vector<Message>& messages) {
  std::array<int, 16> program{};
  program.fill(-1);
  for (const auto& [start, end, note] : notes) {
    const auto channel = static_cast<uint8_t>(note->drum ? kPercussionChannel : voice_channel);
    const auto pitch = static_cast<uint8_t>(note->pitch);
    if (program[channel] != note->program) {
      program[channel] = note->program;
      const auto status = static_cast<uint8_t>(0xC0 | channel);
      messages.push_back({start, 1, {status, static_cast<uint8_t>(note->program), 0}, 2});
    }
    const auto velocity = static_cast<uint8_t>(note->velocity);
    messages.push_back({start, 1, {static_cast<uint8_t>(0x90 | channel), pitch, velocity}, 3});
    messages.push_back({end, 0, {static_cast<uint8_t>(0x80 | channel), pitch, 64}, 3});
  }
}

/// Tempo and time signature events by tick; at one tick the tempo comes first.
std::multimap<int64_t, Bytes> conductor_events(const BeatMap& beats) {
  std::multimap<int64_t, Bytes> events;
  for (const TempoChange& change : beats.tempos()) {
    Bytes event;
    put(event, 0xFF5103, 3);
    put(event, change.quarter_microseconds, 3);
    events.emplace(change.tick, std::move(event));
  }
  for (const TimeSignature& change : beats.signatures()) {
    const auto power = static_cast<uint32_t>(std::countr_zero(static_cast<unsigned>(change.denominator)));
    Bytes event;
    put(event, 0xFF5804, 3);
    // 24 clocks per click, eight 32nds per quarter
    put(event, static_cast<uint32_t>(change.numerator) << 24 | power << 16 | 0x1808, 4);
    events.emplace(change.tick, std::move(event));
  }
  return events;
}

void put_delta(Bytes& track, int64_t ticks) {
  if (ticks > kLongestDelta)
    throw Error(ErrorKind::kUsage, "a rest is too long for MIDI; use fewer ticks per quarter");
  put_variable_length(track, static_cast<uint32_t>(ticks));
}

/// Writes both in the order of ticks; at one tick tempo and metre come first.
void put_events(Bytes& track, const std::multimap<int64_t, Bytes>& conductor, std::vector<Message> messages) {
  std::stable_sort(messages.begin(), messages.end(), [](const Message& a, const Message& b) {
    return std::tie(a.tick, a.order) < std::tie(b.tick, b.order);
  });
  int64_t tick = 0;
  const auto go_to = [&](int64_t at) {
    put_delta(track, at - tick);
    tick = at;
  };
  auto next = conductor.begin();
  const auto conduct_until = [&](int64_t last) {
    for (; next != conductor.end() && next->first <= last; ++next) {
      go_to(next->first);
      track.insert(track.end(), next->second.begin(), next->second.end());
    }
  };
  for (const auto& message : messages) {
    conduct_until(message.tick);
    go_to(message.tick);
    for (int i = 0; i < message.size; ++i) track.push_back(static_cast<std::byte>(message.bytes[i]));
  }
  conduct_until(std::numeric_limits<int64_t>::max());
}

/// The name of a voice's track at its start, if it has one.
Bytes name_event(const Score& score, int voice) {
  Bytes event;
  const auto index = static_cast<size_t>(std::max(voice, 0));
  if (index >= score.voice_names.size() || score.voice_names[index].empty()) return event;
  const std::string& name = score.voice_names[index];
  put(event, 0x00FF03, 3);
  put_variable_length(event, static_cast<uint32_t>(name.size()));
  for (const char c : name) event.push_back(static_cast<std::byte>(c));
  return event;
}

void finish_track(Bytes& out, Bytes& track) {
  put(track, 0x00FF2F00, 4);
  put_chunk(out, "MTrk", track);
}

}  // namespace

std::vector<std::byte> write_midi(const Score& score, const MidiWriteOptions& options) {
  if (options.format != 0 && options.format != 1) {
    throw Error(ErrorKind::kUsage,
                "heed writes MIDI files of type 0 and 1, not of type " + std::to_string(options.format));
  }
  const BeatMap beats = beats_of(score, options);
  std::map<int, std::vector<const Note*>> voices;
  for (const auto& note : score.notes) {
    check(note);
    voices[note.voice].push_back(&note);
  }

  Bytes header;
  put(header, static_cast<uint32_t>(options.format), 2);
  put(header, options.format == 0 ? 1 : static_cast<uint32_t>(voices.size()) + 1, 2);
  put(header, static_cast<uint32_t>(beats.ticks_per_quarter()), 2);
  Bytes out;
  put_chunk(out, "MThd", header);

  const auto conductor = conductor_events(beats);
  Bytes track;
  std::vector<Message> messages;
  if (options.format == 1) {
    put_events(track, conductor, {});
    finish_track(out, track);
  }
  int index = 0;
  for (const auto& [voice, notes] : voices) {
    const int channel = index++ % kMelodicChannels;
    add_messages(time_notes(notes, beats), channel < kPercussionChannel ? channel : channel + 1, messages);
    if (options.format == 0) continue;
    track = name_event(score, voice);
    put_events(track, {}, std::move(messages));
    messages.clear();
    finish_track(out, track);
  }
  if (options.format == 0) {
    put_events(track, conductor, std::move(messages));
    finish_track(out, track);
  }
  return out;
}

void write_midi_file(const std::filesystem::path& path, const Score& score, const MidiWriteOptions& options) {
  write_atomically(path, write_midi(score, options));
}

}  // namespace heed::music
