// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_events.h"

#include <algorithm>

#include "heed/data/music/byte_cursor.h"

namespace heed::music {
namespace {

constexpr uint32_t kHeaderTag = 0x4D546864;  // "MThd"
constexpr uint32_t kTrackTag = 0x4D54726B;   // "MTrk"
constexpr int kSustainPedal = 64, kAllSoundOff = 120, kResetControllers = 121, kAllNotesOff = 123;
constexpr int kLargestDenominatorPower = 8;

void read_division(ByteCursor& cursor, MidiEvents& midi) {
  const size_t byte = cursor.byte();
  const uint32_t division = cursor.big_endian(2);
  if ((division & 0x8000) == 0) {
    if (division == 0) cursor.fail_at(byte, "a division of zero ticks per quarter");
    midi.ticks_per_quarter = static_cast<int>(division);
    return;
  }
  const int frames = 256 - static_cast<int>(division >> 8);
  const int ticks = static_cast<int>(division & 0xFF);
  if (frames != 24 && frames != 25 && frames != 29 && frames != 30) {
    cursor.fail_at(byte, "an SMPTE division of " + std::to_string(frames) +
                             " frames per second; the standard defines 24, 25, 29 and 30");
  }
  if (ticks == 0) cursor.fail_at(byte, "an SMPTE division of zero ticks per frame");
  midi.ticks_per_second = (frames == 29 ? 30'000.0 / 1001.0 : frames) * ticks;
}

/// Reads the header and returns the number of tracks.
int read_header(ByteCursor& file, MidiEvents& midi) {
  if (file.remaining() < 14 || file.big_endian(4) != kHeaderTag) {
    file.fail_at(0, "is not a Standard MIDI File (it has no complete MThd header)");
  }
  const size_t length_byte = file.byte();
  const uint32_t length = file.big_endian(4);
  if (length < 6)
    file.fail_at(length_byte, "a header of " + std::to_string(length) + " bytes; it needs at least 6");
  ByteCursor header = file.take(length);
  const size_t format_byte = header.byte();
  midi.format = static_cast<int>(header.big_endian(2));
  if (midi.format > 1) {
    header.fail_at(format_byte,
                   midi.format == 2
                       ? "is a type 2 file (independent patterns); heed reads types 0 and 1"
                       : "unknown type " + std::to_string(midi.format) + "; heed reads types 0 and 1");
  }
  const int tracks = static_cast<int>(header.big_endian(2));
  read_division(header, midi);
  return tracks;
}

/// Reads the events of one track chunk.
class TrackParser {
 public:
  TrackParser(ByteCursor cursor, uint16_t track, MidiEvents& midi)
      : cursor_(cursor), track_(track), midi_(midi) {}

  void parse() {
    while (!ended_ && !cursor_.at_end()) {
      tick_ += cursor_.variable_length();
      event_byte_ = cursor_.byte();
      parse_event();
    }
    if (!ended_) event_byte_ = cursor_.byte();
    add({.kind = MidiEventKind::kTrackEnd});
  }

 private:
  void add(MidiEvent event) {
    event.tick = tick_;
    event.byte = static_cast<uint32_t>(event_byte_);
    event.track = track_;
    midi_.events.push_back(event);
  }

  uint8_t data_byte() {
    const uint8_t value = cursor_.peek();
    if (value >= 0x80)
      cursor_.fail("byte " + std::to_string(value) + " where a data byte (0 to 127) is needed");
    return cursor_.u8();
  }

  void parse_event() {
    if (cursor_.peek() >= 0x80) {
      const uint8_t status = cursor_.u8();
      if (status == 0xFF) return parse_meta();
      // A system exclusive message, complete or continued, ends running status. Meta events do not: they
      // often occur within it.
      running_ = status < 0xF0 ? status : 0;
      if (status == 0xF0 || status == 0xF7) {
        cursor_.take(cursor_.variable_length());
        return;
      }
      if (status >= 0xF0) {
        cursor_.fail_at(event_byte_, "status byte " + std::to_string(status) + " is not allowed in a file");
      }
    } else if (running_ == 0) {
      cursor_.fail("a data byte has no status byte before it");
    }
    parse_channel_event();
  }

  void parse_channel_event() {
    const auto channel = static_cast<uint8_t>(running_ & 0x0F);
    const uint8_t first = data_byte();
    switch (running_ >> 4) {
      case 0x8:
        data_byte();
        return add({.kind = MidiEventKind::kNoteOff, .channel = channel, .pitch = first});
      case 0x9: {
        const uint8_t velocity = data_byte();
        const auto kind = velocity == 0 ? MidiEventKind::kNoteOff : MidiEventKind::kNoteOn;
        return add({.kind = kind, .channel = channel, .pitch = first, .value = velocity});
      }
      case 0xB:
        return add_controller(channel, first, data_byte());
      case 0xC:
        return add({.kind = MidiEventKind::kProgram, .channel = channel, .value = first});
      case 0xD:
        return;
      default:
        data_byte();  // aftertouch, pitch bend
    }
  }

  void add_controller(uint8_t channel, uint8_t controller, uint8_t value) {
    if (controller == kSustainPedal || controller == kResetControllers) {
      const bool down = controller == kSustainPedal && value >= 64;
      add({.kind = MidiEventKind::kPedal, .channel = channel, .value = static_cast<uint8_t>(down)});
    } else if (controller == kAllSoundOff) {
      add({.kind = MidiEventKind::kAllSoundOff, .channel = channel});
    } else if (controller == kAllNotesOff) {
      add({.kind = MidiEventKind::kAllNotesOff, .channel = channel});
    }
  }

  void parse_meta() {
    const uint8_t type = cursor_.u8();
    ByteCursor body = cursor_.take(cursor_.variable_length());
    if (type == 0x2F) ended_ = true;
    if (type == 0x51) add_tempo(body);
    if (type == 0x58) add_signature(body);
  }

  void add_tempo(ByteCursor& body) {
    if (body.remaining() != 3)
      body.fail("a tempo of " + std::to_string(body.remaining()) + " bytes; it needs 3");
    const uint32_t microseconds = body.big_endian(3);
    if (microseconds == 0) cursor_.fail_at(event_byte_, "a tempo of zero microseconds per quarter");
    midi_.tempos.push_back({tick_, microseconds, static_cast<uint32_t>(event_byte_)});
  }

  void add_signature(ByteCursor& body) {
    const int numerator = body.u8();
    const int power = body.u8();
    if (numerator == 0 || power > kLargestDenominatorPower) {
      cursor_.fail_at(event_byte_,
                      "a time signature of " + std::to_string(numerator) + "/2^" + std::to_string(power));
    }
    midi_.signatures.push_back({tick_, numerator, 1 << power, static_cast<uint32_t>(event_byte_)});
  }

  ByteCursor cursor_;
  uint16_t track_;
  MidiEvents& midi_;
  int64_t tick_ = 0;
  size_t event_byte_ = 0;
  uint8_t running_ = 0;
  bool ended_ = false;
};

template <class Item>
void sort_by_tick(std::vector<Item>& items) {
  const auto earlier = [](const Item& a, const Item& b) { return a.tick < b.tick; };
  if (!std::is_sorted(items.begin(), items.end(), earlier)) {
    std::stable_sort(items.begin(), items.end(), earlier);
  }
}

}  // namespace

MidiEvents parse_midi_events(std::span<const std::byte> file, const std::string& name) {
  MidiEvents midi;
  ByteCursor cursor(file, name);
  const int claimed = read_header(cursor, midi);
  int tracks = 0;
  while (tracks < claimed) {
    if (cursor.remaining() == 0) {
      cursor.fail("ends after " + std::to_string(tracks) + " of " + std::to_string(claimed) + " tracks");
    }
    const uint32_t tag = cursor.big_endian(4);
    ByteCursor chunk = cursor.take(cursor.big_endian(4));
    if (tag != kTrackTag) continue;
    TrackParser(chunk, static_cast<uint16_t>(tracks), midi).parse();
    ++tracks;
  }
  std::stable_sort(midi.events.begin(), midi.events.end(), [](const MidiEvent& a, const MidiEvent& b) {
    if (a.tick != b.tick) return a.tick < b.tick;
    return a.kind == MidiEventKind::kPedal && b.kind != MidiEventKind::kPedal;
  });
  sort_by_tick(midi.tempos);
  sort_by_tick(midi.signatures);
  return midi;
}

}  // namespace heed::music
