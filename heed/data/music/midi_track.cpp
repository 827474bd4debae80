// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_track.h"

#include <algorithm>
#include <string>

namespace heed::music {
namespace {

constexpr int kSustainPedal = 64, kAllSoundOff = 120, kResetControllers = 121, kAllNotesOff = 123;
constexpr int kLargestDenominatorPower = 8;
constexpr uint32_t kLargestNumber = 0x0FFFFFFF, kLongestQuarter = 0xFFFFFF;

/// Returns the number of data bytes of a system message; 0 for those without.
int system_data_bytes(uint8_t status) {
  return status == 0xF2 ? 2 : status == 0xF1 || status == 0xF3 ? 1 : 0;
}

class TrackReader {
 public:
  TrackReader(ByteCursor cursor, uint16_t track, MidiEvents& midi, MidiFlawLog& flaws)
      : cursor_(cursor), track_(track), midi_(midi), flaws_(flaws) {}

  TrackReading read() {
    make_room();
    try {
      while (!ended_ && !cursor_.at_end()) {
        tick_ += number();
        event_byte_ = cursor_.byte();
        read_event();
      }
    } catch (const Error& error) {
      flaws_.add_caught(MidiFlaw::kCut, error);
    }
    if (!ended_) event_byte_ = cursor_.byte();
    add({.kind = MidiEventKind::kTrackEnd});
    return {ended_, cursor_.byte()};
  }

 private:
  void make_room() {
    constexpr size_t kUsualEventBytes = 4;
    auto& events = midi_.events;
    const size_t likely = events.size() + cursor_.remaining() / kUsualEventBytes;
    if (likely > events.capacity()) events.reserve(std::max(likely, 2 * events.capacity()));
  }

  void add(MidiEvent event) {
    event.tick = tick_;
    event.byte = static_cast<uint32_t>(event_byte_);
    event.track = track_;
    midi_.events.push_back(event);
  }

  /// Reads a variable-length number: seven bits a byte, the highest first.
  uint32_t number() {
    constexpr int kMostBytes = 4;
    const size_t start = cursor_.byte();
    uint64_t value = 0;
    for (int count = 1;; ++count) {
      const uint8_t next = cursor_.u8();
      value = std::min<uint64_t>(value << 7 | (next & 0x7F), uint64_t{kLargestNumber} + 1);
      if (next < 0x80) break;
      if (count == kMostBytes)
        flaws_.add(MidiFlaw::kNumber, start,
                   [] { return "a variable-length number is longer than four bytes"; });
    }
    if (value > kLargestNumber) cursor_.fail_at(start, "a number above " + std::to_string(kLargestNumber));
    return static_cast<uint32_t>(value);
  }

  uint8_t data_byte() {
    const uint8_t value = cursor_.peek();
    if (value > 127) {
      flaws_.add(MidiFlaw::kDataByte, cursor_.byte(), [value] {
        return "byte " + std::to_string(value) + " where a data byte (0 to 127) is needed";
      });
    }
    cursor_.u8();
    return std::min<uint8_t>(value, 127);
  }

  void read_event() {
    if (cursor_.peek() < 0x80) return read_running();
    const uint8_t status = cursor_.u8();
    if (status == 0xFF) return read_meta();
    interrupted_ = status >= 0xF0;
    if (status == 0xF0 || status == 0xF7) {
      cursor_.take(number());
    } else if (status >= 0xF0) {
      skip_system_message(status);
    } else {
      running_ = status;
      read_channel_event();
    }
  }

  /// Reads an event without a status byte. System messages end running status; meta events do not: they often
  /// occur within it.
  void read_running() {
    if (running_ == 0 || interrupted_) {
      flaws_.add(MidiFlaw::kRunningStatus, cursor_.byte(),
                 [] { return "a data byte has no status byte before it"; });
    }
    interrupted_ = false;
    if (running_ != 0) return read_channel_event();
    while (!cursor_.at_end() && cursor_.peek() < 0x80) cursor_.u8();
    if (!cursor_.at_end()) read_event();
  }

  void skip_system_message(uint8_t status) {
    flaws_.add(MidiFlaw::kStatus, event_byte_,
               [status] { return "status byte " + std::to_string(status) + " is not allowed in a file"; });
    for (int i = system_data_bytes(status); i > 0; --i) data_byte();
  }

  void read_channel_event() {
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

  void read_meta() {
    const uint8_t type = cursor_.u8();
    const ByteCursor body = cursor_.take(number());
    if (type == 0x2F) ended_ = true;
    if (type == 0x03) add_name(body);
    if (type == 0x51) add_tempo(body);
    if (type == 0x58) add_signature(body);
  }

  void add_name(ByteCursor body) {
    constexpr size_t kLongestName = 256;
    if (midi_.track_names.size() <= track_) midi_.track_names.resize(size_t{track_} + 1);
    std::string& name = midi_.track_names[track_];
    if (!name.empty()) return;
    const size_t length = std::min(body.remaining(), kLongestName);
    while (name.size() < length) name += static_cast<char>(body.u8());
  }

  /// A tempo of more than three bytes is read if three bytes hold the number; one that cannot be read is
  /// skipped, so that the tempo before it continues.
  void add_tempo(ByteCursor body) {
    const size_t start = body.byte(), length = body.remaining();
    uint64_t microseconds = 0;
    while (!body.at_end()) {
      microseconds = std::min<uint64_t>(microseconds << 8 | body.u8(), uint64_t{kLongestQuarter} + 1);
    }
    if (length != 3) {
      flaws_.add(MidiFlaw::kTempo, start,
                 [length] { return "a tempo of " + std::to_string(length) + " bytes; it needs 3"; });
    } else if (microseconds == 0) {
      flaws_.add(MidiFlaw::kTempo, event_byte_, [] { return "a tempo of zero microseconds per quarter"; });
    }
    if (length < 3 || microseconds == 0 || microseconds > kLongestQuarter) return;
    midi_.tempos.push_back({tick_, static_cast<uint32_t>(microseconds), static_cast<uint32_t>(event_byte_)});
  }

  void add_signature(ByteCursor body) {
    if (body.remaining() < 2) {
      return flaws_.add(MidiFlaw::kTimeSignature, event_byte_, [length = body.remaining()] {
        return "a time signature of " + std::to_string(length) + " bytes; it needs 4";
      });
    }
    const int numerator = body.u8();
    const int power = body.u8();
    if (numerator == 0 || power > kLargestDenominatorPower) {
      return flaws_.add(MidiFlaw::kTimeSignature, event_byte_, [numerator, power] {
        return "a time signature of " + std::to_string(numerator) + "/2^" + std::to_string(power);
      });
    }
    midi_.signatures.push_back({tick_, numerator, 1 << power, static_cast<uint32_t>(event_byte_)});
  }

  ByteCursor cursor_;
  uint16_t track_;
  MidiEvents& midi_;
  MidiFlawLog& flaws_;
  int64_t tick_ = 0;
  size_t event_byte_ = 0;
  uint8_t running_ = 0;  ///< status byte of the last channel event; 0 before the first
  bool interrupted_ = false;
  bool ended_ = false;
};

}  // namespace

TrackReading read_track(const ByteCursor& body, uint16_t track, MidiEvents& midi, MidiFlawLog& flaws) {
  return TrackReader(body, track, midi, flaws).read();
}

}  // namespace heed::music
