// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_reader.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/log.h"
#include "heed/data/music/beat_map.h"
#include "heed/data/music/midi_events.h"
#include "heed/data/music/tempo_map.h"

namespace heed::music {
namespace {

constexpr size_t kChannels = 16, kPitches = 128;
constexpr uint8_t kPercussionChannel = 9;
constexpr double kLeastPercussionSeconds = 0.1;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

/// A note with times in ticks.
struct TickNote {
  int64_t start = 0, end = 0;
  int64_t struck_again = kNever;  ///< percussion: start of the next note of the key
  uint32_t byte = 0;
  uint16_t track = 0;
  uint8_t channel = 0, pitch = 0, velocity = 0, program = 0;
};

/// Plays the events and records when each note sounds.
class Keyboard {
 public:
  explicit Keyboard(bool sustain_pedal) : sustain_pedal_(sustain_pedal) {}

  std::vector<TickNote> play(const std::vector<MidiEvent>& events) {
    for (const auto& event : events) {
      if (event.kind != MidiEventKind::kTrackEnd) last_tick_ = event.tick;
      step(event);
    }
    for (auto& channel : channels_) release_pedal(channel, last_tick_);
    find_next_strikes();
    without_length_ = std::erase_if(notes_, [](const TickNote& note) {
      const bool lasts = note.end > note.start;
      return !lasts && (note.channel != kPercussionChannel || note.struck_again <= note.start);
    });
    return std::move(notes_);
  }
  size_t without_length() const { return without_length_; }

 private:
  struct Key {
    size_t note;       ///< index into notes_
    bool struck_down;  ///< struck again while down: the first release at that tick ends the old note
  };
  struct Channel {
    bool pedal = false;
    size_t held_count = 0;
    std::array<std::vector<size_t>, kPitches> held;  ///< notes that the pedal holds: indices into notes_
    uint8_t program = 0;
  };

  static uint32_t lane(const MidiEvent& event) { return uint32_t{event.track} << 4 | event.channel; }
  static uint32_t key(const MidiEvent& event) { return lane(event) << 7 | event.pitch; }

  /// Drums are often written without a length: finds how long they may last.
  void find_next_strikes() {
    std::unordered_map<uint32_t, int64_t> next;
    for (auto note = notes_.rbegin(); note != notes_.rend(); ++note) {
      if (note->channel != kPercussionChannel) continue;
      const auto [strike, is_last] = next.try_emplace(uint32_t{note->track} << 7 | note->pitch, note->start);
      if (!is_last) note->struck_again = std::exchange(strike->second, note->start);
    }
  }

  void step(const MidiEvent& event) {
    switch (event.kind) {
      case MidiEventKind::kNoteOn:
        return strike(event);
      case MidiEventKind::kNoteOff:
        return let_go(event);
      case MidiEventKind::kProgram:
        channels_[event.channel].program = programs_[lane(event)] = event.value;
        return;
      case MidiEventKind::kPedal:
        if (!sustain_pedal_ || event.channel == kPercussionChannel) return;
        channels_[event.channel].pedal = event.value != 0;
        if (event.value == 0) release_pedal(channels_[event.channel], event.tick);
        return;
      case MidiEventKind::kAllNotesOff:
        return let_all_go(event, key(event), key(event) + kPitches, true);
      case MidiEventKind::kAllSoundOff:
        let_all_go(event, key(event), key(event) + kPitches, false);
        return release_pedal(channels_[event.channel], event.tick);
      case MidiEventKind::kTrackEnd:
        return let_all_go(event, uint32_t{event.track} << 11, (uint32_t{event.track} + 1) << 11, true);
    }
  }

  void strike(const MidiEvent& event) {
    Channel& channel = channels_[event.channel];
    auto& held = channel.held[event.pitch];
    for (const size_t note : held) notes_[note].end = event.tick;
    channel.held_count -= held.size();
    held.clear();

    const auto program = programs_.find(lane(event));
    notes_.push_back({event.tick, event.tick, kNever, event.byte, event.track, event.channel, event.pitch,
                      event.value, program == programs_.end() ? channel.program : program->second});
    const auto [down, is_new] = keys_.try_emplace(key(event), Key{notes_.size() - 1, false});
    if (is_new) return;
    notes_[down->second.note].end = event.tick;
    down->second = {notes_.size() - 1, true};
  }

  void let_go(const MidiEvent& event) {
    const auto down = keys_.find(key(event));
    if (down == keys_.end()) return;
    if (down->second.struck_down && notes_[down->second.note].start == event.tick) {
      down->second.struck_down = false;
      return;
    }
    finish(down->second.note, event.tick, true);
    keys_.erase(down);
  }

  void finish(size_t note, int64_t tick, bool pedal_may_hold) {
    notes_[note].end = tick;
    Channel& channel = channels_[notes_[note].channel];
    if (!pedal_may_hold || !channel.pedal) return;
    channel.held[notes_[note].pitch].push_back(note);
    ++channel.held_count;
  }

  /// Releases the keys in [first, last).
  void let_all_go(const MidiEvent& event, uint32_t first, uint32_t last, bool pedal_may_hold) {
    const auto begin = keys_.lower_bound(first);
    auto down = begin;
    for (; down != keys_.end() && down->first < last; ++down) {
      finish(down->second.note, event.tick, pedal_may_hold);
    }
    keys_.erase(begin, down);
  }

  void release_pedal(Channel& channel, int64_t tick) {
    if (channel.held_count == 0) return;
    for (auto& held : channel.held) {
      for (const size_t note : held) notes_[note].end = std::max(notes_[note].end, tick);
      held.clear();
    }
    channel.held_count = 0;
  }

  bool sustain_pedal_;
  int64_t last_tick_ = 0;
  size_t without_length_ = 0;
  std::vector<TickNote> notes_;
  std::map<uint32_t, Key> keys_;  ///< keys that are down, sorted by track, channel and pitch
  std::unordered_map<uint32_t, uint8_t> programs_;
  std::array<Channel, kChannels> channels_;
};

/// Numbers the (track, channel) pairs that have notes.
std::map<std::pair<int, int>, int> number_voices(const std::vector<TickNote>& notes) {
  std::map<std::pair<int, int>, int> voices;
  for (const auto& note : notes) voices.try_emplace({note.track, note.channel}, 0);
  int next = 0;
  for (auto& [lane, voice] : voices) voice = next++;
  return voices;
}

std::vector<std::string> voice_names(const std::vector<TickNote>& notes,
                                     const std::vector<std::string>& track_names) {
  std::vector<std::string> names;
  for (const auto& [lane, voice] : number_voices(notes)) {
    const auto track = static_cast<size_t>(lane.first);
    names.push_back(track < track_names.size() ? track_names[track] : std::string());
  }
  return names;
}

double end_seconds(const TickNote& note, const TempoMap& tempo) {
  const double end = tempo.seconds(static_cast<double>(note.end));
  if (note.end > note.start) return end;
  const double least = end + kLeastPercussionSeconds;
  return note.struck_again == kNever ? least
                                     : std::min(least, tempo.seconds(static_cast<double>(note.struck_again)));
}

/// Converts notes to seconds and returns the tick at which the last one ends.
int64_t place_notes(const std::vector<TickNote>& notes, const TempoMap& tempo, Score& score,
                    MidiFlawLog& flaws) {
  const auto voices = number_voices(notes);
  score.notes.reserve(notes.size());
  int64_t end_tick = 0;
  for (const auto& note : notes) {
    const double end = end_seconds(note, tempo);
    if (!(end <= kMaxMidiSeconds)) {
      flaws.add(MidiFlaw::kTime, note.byte,
                [] { return "a note sounds more than 24 hours after the start"; });
      continue;
    }
    end_tick = std::max(end_tick, note.end);
    score.notes.push_back({tempo.seconds(static_cast<double>(note.start)), end, note.pitch, note.velocity,
                           note.program, voices.at({note.track, note.channel}),
                           note.channel == kPercussionChannel});
  }
  sort_notes(score.notes);
  return end_tick;
}

void check_size(size_t bytes, const std::string& name) {
  if (bytes <= kMaxMidiBytes) return;
  throw Error(ErrorKind::kData,
              "has " + std::to_string(bytes) + " bytes; the limit is " + std::to_string(kMaxMidiBytes),
              at_byte(name, kMaxMidiBytes));
}

bool is_note_on(const MidiEvent& event) {
  return event.kind == MidiEventKind::kNoteOn;
}

/// Removes percussion and returns its number of notes.
int64_t drop_percussion(std::vector<MidiEvent>& events) {
  const auto is_percussion = [](const MidiEvent& event) {
    return event.channel == kPercussionChannel && event.kind != MidiEventKind::kTrackEnd;
  };
  const auto notes = std::count_if(events.begin(), events.end(), [&](const MidiEvent& event) {
    return is_percussion(event) && is_note_on(event);
  });
  std::erase_if(events, is_percussion);
  return notes;
}

/// A file whose flaws leave no note at all is not read, rather than empty.
void check_not_lost(const MidiEvents& midi, const MidiFlaws& flaws) {
  if (flaws.total() == 0 || std::any_of(midi.events.begin(), midi.events.end(), is_note_on)) return;
  throw Error(ErrorKind::kData, flaws.message + "; no note can be read", flaws.place);
}

}  // namespace

std::string MidiReport::no_notes() const {
  if (without_length > 0) return "no note that lasts: " + std::to_string(without_length) + " have no length";
  return percussion > 0 ? "no note but percussion" : "no note";
}

Score read_midi(std::span<const std::byte> file, const std::string& name, const MidiReadOptions& options,
                MidiReport* report) {
  check_size(file.size(), name);
  MidiFlawLog flaws(name, options.strict);
  MidiReport found;
  MidiEvents midi = parse_midi_events(file, flaws);
  check_not_lost(midi, flaws.found());
  if (options.skip_percussion) found.percussion = drop_percussion(midi.events);
  Keyboard keyboard(options.sustain_pedal);
  const std::vector<TickNote> notes = keyboard.play(midi.events);
  found.without_length = static_cast<int64_t>(keyboard.without_length());
  midi.events = {};  // frees memory: a file may have millions of events
  const TempoMap tempo(midi);
  Score score;
  score.quarter_seconds = tempo.first_quarter_seconds();
  const int64_t end_tick = place_notes(notes, tempo, score, flaws);
  score.bar_lines = bar_lines(midi, tempo, end_tick, flaws);
  score.voice_names = voice_names(notes, midi.track_names);
  if (midi.ticks_per_quarter > 0) {
    score.beats = std::make_shared<const BeatMap>(midi.ticks_per_quarter, std::move(midi.tempos),
                                                  std::move(midi.signatures));
  }
  found.flaws = flaws.found();
  if (report != nullptr) *report = std::move(found);
  return score;
}

Score read_midi_file(const std::filesystem::path& path, const MidiReadOptions& options) {
  MidiReport report;
  Score score = read_midi(read_bytes(path, kMaxMidiBytes), path.string(), options, &report);
  if (report.flaws.total() > 0) warn(report.flaws.line());
  if (score.notes.empty()) throw Error(ErrorKind::kData, "has " + report.no_notes(), path.string());
  return score;
}

}  // namespace heed::music
