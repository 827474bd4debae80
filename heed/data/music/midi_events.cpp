// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_events.h"

#include <algorithm>
#include <string>
#include <utility>

#include "heed/data/music/byte_cursor.h"
#include "heed/data/music/midi_chunks.h"
#include "heed/data/music/midi_track.h"

namespace heed::music {
namespace {

constexpr int kUsualDivision = 480;
constexpr size_t kLeastHeader = 6;
constexpr int kMostTracks = 0xFFFF;

bool is_smpte_rate(int frames) {
  return frames == 24 || frames == 25 || frames == 29 || frames == 30;
}

/// Reads ticks per quarter or, with a negative first byte, SMPTE frames per second and ticks per frame. A zero
/// tells nothing: the usual division stands in for it.
void read_division(ByteCursor& cursor, MidiEvents& midi, MidiFlawLog& flaws) {
  const size_t byte = cursor.byte();
  const uint32_t division = cursor.big_endian(2);
  const bool smpte = (division & 0x8000) != 0;
  const int ticks = static_cast<int>(smpte ? division & 0xFF : division);
  const int frames = 256 - static_cast<int>(division >> 8);
  if (smpte && !is_smpte_rate(frames)) {
    flaws.add(MidiFlaw::kHeader, byte, [frames] {
      return "an SMPTE division of " + std::to_string(frames) +
             " frames per second; the standard defines 24, 25, 29 and 30";
    });
  }
  if (ticks == 0) {
    flaws.add(MidiFlaw::kHeader, byte, [smpte] {
      return std::string(smpte ? "an SMPTE division of zero ticks per frame"
                               : "a division of zero ticks per quarter") +
             "; 480 ticks per quarter are assumed";
    });
    midi.ticks_per_quarter = kUsualDivision;
  } else if (smpte) {
    midi.ticks_per_second = (frames == 29 ? 30'000.0 / 1001.0 : frames) * ticks;
  } else {
    midi.ticks_per_quarter = ticks;
  }
}

/// Reads a file chunk by chunk. Where lengths lie, it finds the next track by its letters.
class FileReader {
 public:
  FileReader(std::span<const std::byte> file, MidiFlawLog& flaws)
      : flaws_(flaws), chunks_(file, flaws), at_(chunks_.begin()) {}

  MidiEvents read() {
    read_header();
    while (tracks_ < kMostTracks && find_chunk()) read_chunk();
    if (tracks_ < claimed_) {
      flaws_.add(MidiFlaw::kTrackCount, at_, [this] {
        return "ends after " + std::to_string(tracks_) + " of " + std::to_string(claimed_) + " tracks";
      });
    }
    return std::move(midi_);
  }

 private:
  /// How much was read before a track.
  struct State {
    size_t events, tempos, signatures;
    MidiFlaws flaws;
  };

  void read_header() {
    const size_t length_byte = at_ + 4, body = at_ + kChunkHeader;
    size_t length = chunks_.number_at(length_byte, 4);
    if (length < kLeastHeader || length > chunks_.end() - body) {
      flaws_.add(MidiFlaw::kHeader, length_byte, [&] {
        return "a header of " + std::to_string(length) +
               (length < kLeastHeader ? " bytes; it needs at least 6"
                                      : " bytes; " + std::to_string(chunks_.end() - body) + " are left");
      });
      length = kLeastHeader;
    }
    ByteCursor header = chunks_.cursor(body, body + length);
    read_type(header);
    claimed_ = static_cast<int>(header.big_endian(2));
    read_division(header, midi_, flaws_);
    at_ = body + length;
    if (length > kLeastHeader && at_ < chunks_.end() && !chunks_.chunk_at(at_)) at_ = body + kLeastHeader;
  }

  void read_type(ByteCursor& header) {
    const size_t byte = header.byte();
    midi_.format = static_cast<int>(header.big_endian(2));
    if (midi_.format == 2) {
      header.fail_at(byte, "is a type 2 file (independent patterns); heed reads types 0 and 1");
    }
    if (midi_.format < 2) return;
    flaws_.add(MidiFlaw::kHeader, byte, [this] {
      return "unknown type " + std::to_string(midi_.format) + "; heed reads types 0 and 1";
    });
    midi_.format = 1;
  }

  /// Moves to the next chunk. Returns false at the end, and where other bytes follow the last track.
  bool find_chunk() {
    if (at_ == chunks_.end() || chunks_.chunk_at(at_)) return at_ != chunks_.end();
    if (tracks_ >= claimed_) return false;
    const size_t track = chunks_.find_track(at_);
    flaws_.add(MidiFlaw::kChunk, at_,
               [&] { return "no chunk begins here; " + std::to_string(track - at_) + " bytes are skipped"; });
    at_ = track;
    return at_ != chunks_.end();
  }

  void read_chunk() {
    const size_t length = chunks_.number_at(at_ + 4, 4);
    if (!chunks_.track_at(at_)) {
      at_ += kChunkHeader + length;
      return;
    }
    if (tracks_ == claimed_) {
      flaws_.add(MidiFlaw::kTrackCount, at_, [this] {
        return "a track more than the " + std::to_string(claimed_) + " that the header claims";
      });
    }
    read_track_chunk(at_ + kChunkHeader, length);
    ++tracks_;
  }

  void read_track_chunk(size_t body, size_t length) {
    const size_t left = chunks_.end() - body;
    if (length > left) {
      flaws_.add(MidiFlaw::kTrackLength, body, [&] {
        return "the file is truncated: " + std::to_string(length) + " more bytes are needed, " +
               std::to_string(left) + " are left";
      });
      at_ = chunks_.find_track(read_events(body, chunks_.find_track(body), flaws_).byte);
      return;
    }
    const size_t stated = body + length;
    const bool fits = stated == chunks_.end() || chunks_.chunk_at(stated);
    const State before = save();
    const TrackReading reading = read_events(body, stated, flaws_);
    at_ = stated;
    if (reading.ended) {
      leave_early(reading.byte, stated, fits);
    } else if (!fits) {
      try_other_length(body, stated, before);
    }
  }

  TrackReading read_events(size_t from, size_t to, MidiFlawLog& flaws) {
    return read_track(chunks_.cursor(from, to), static_cast<uint16_t>(tracks_), midi_, flaws);
  }

  /// The end of track stands at `byte`, before the stated end of the chunk. If another track follows at once,
  /// or no chunk follows the stated end but a track begins later, the length is wrong.
  void leave_early(size_t byte, size_t stated, bool fits) {
    if (byte == stated || (fits && !chunks_.track_at(byte))) return;
    const size_t track = chunks_.find_track(byte);
    if (track == chunks_.end()) return;
    flaws_.add(MidiFlaw::kTrackLength, byte, [&] {
      return "the track ends " + std::to_string(stated - byte) + " bytes before its length says";
    });
    at_ = track;
  }

  /// The chunk has no end of track, and no chunk follows its stated end. Reads to the next track instead; keeps
  /// that if there is an end of track before, or if the stated end is beyond.
  void try_other_length(size_t body, size_t stated, const State& before) {
    const size_t next = chunks_.find_track(body);
    MidiFlawLog attempt(flaws_.name(), false);
    attempt.restore(before.flaws);
    return_to(before);
    const TrackReading reading = read_events(body, next, attempt);
    if (!reading.ended && next >= stated) {
      return_to(before);
      flaws_.restore(before.flaws);
      read_events(body, stated, flaws_);
      return;
    }
    flaws_.restore(attempt.found());
    flaws_.add(MidiFlaw::kTrackLength, body, [&] {
      return "the track has " + std::to_string(reading.byte - body) + " bytes, not the " +
             std::to_string(stated - body) + " that its length says";
    });
    at_ = reading.byte;
  }

  State save() const {
    return {midi_.events.size(), midi_.tempos.size(), midi_.signatures.size(), flaws_.found()};
  }
  void return_to(const State& state) {
    midi_.events.resize(state.events);
    midi_.tempos.resize(state.tempos);
    midi_.signatures.resize(state.signatures);
    midi_.track_names.resize(std::min(midi_.track_names.size(), static_cast<size_t>(tracks_)));
  }

  MidiFlawLog& flaws_;
  MidiChunks chunks_;
  size_t at_;
  MidiEvents midi_;
  int claimed_ = 0, tracks_ = 0;
};

template <class Item>
void sort_by_tick(std::vector<Item>& items) {
  const auto earlier = [](const Item& a, const Item& b) { return a.tick < b.tick; };
  if (!std::is_sorted(items.begin(), items.end(), earlier)) {
    std::stable_sort(items.begin(), items.end(), earlier);
  }
}

}  // namespace

MidiEvents parse_midi_events(std::span<const std::byte> file, MidiFlawLog& flaws) {
  MidiEvents midi = FileReader(file, flaws).read();
  std::stable_sort(midi.events.begin(), midi.events.end(), [](const MidiEvent& a, const MidiEvent& b) {
    if (a.tick != b.tick) return a.tick < b.tick;
    return a.kind == MidiEventKind::kPedal && b.kind != MidiEventKind::kPedal;
  });
  sort_by_tick(midi.tempos);
  sort_by_tick(midi.signatures);
  return midi;
}

}  // namespace heed::music
