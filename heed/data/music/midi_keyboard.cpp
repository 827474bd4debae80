// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_keyboard.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <utility>

namespace heed::music {
namespace {

constexpr size_t kChannels = 16, kPitches = 128;

/// Plays the events and records when each note sounds.
class Keyboard {
 public:
  explicit Keyboard(bool sustain_pedal) : sustain_pedal_(sustain_pedal) {}

  PlayedNotes play(const std::vector<MidiEvent>& events) {
    for (const auto& event : events) {
      if (event.kind != MidiEventKind::kTrackEnd) last_tick_ = event.tick;
      step(event);
    }
    for (auto& channel : channels_) release_pedal(channel, last_tick_);
    find_next_strikes();
    const size_t without_length = std::erase_if(notes_, [](const TickNote& note) {
      const bool lasts = note.end > note.start;
      return !lasts && (note.channel != kPercussionChannel || note.struck_again <= note.start);
    });
    return {std::move(notes_), static_cast<int64_t>(without_length)};
  }

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
    notes_.push_back({event.tick, event.tick, TickNote::kNever, event.byte, event.track, event.channel,
                      event.pitch, event.value,
                      program == programs_.end() ? channel.program : program->second});
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
  std::vector<TickNote> notes_;
  std::map<uint32_t, Key> keys_;  ///< keys that are down, sorted by track, channel and pitch
  std::unordered_map<uint32_t, uint8_t> programs_;
  std::array<Channel, kChannels> channels_;
};

}  // namespace

PlayedNotes play(const std::vector<MidiEvent>& events, bool sustain_pedal) {
  return Keyboard(sustain_pedal).play(events);
}

}  // namespace heed::music
