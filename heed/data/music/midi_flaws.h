// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>

#include "heed/core/error.h"

namespace heed::music {

/// Ways in which a MIDI file departs from the standard and can still be read.
enum class MidiFlaw : uint8_t {
  kDataByte,       ///< a data byte above 127
  kRunningStatus,  ///< a data byte without a status byte
  kStatus,         ///< a status byte that files cannot have
  kNumber,         ///< a variable-length number of more than four bytes
  kCut,            ///< an event or a chunk that is cut short
  kTempo,          ///< a tempo of zero, or not of three bytes
  kTimeSignature,  ///< a time signature of 0/x, beyond 256ths, or without its numbers
  kTrackLength,    ///< a track that is longer or shorter than its length says
  kTrackCount,     ///< more or fewer tracks than the header says
  kChunk,          ///< bytes between chunks that are none
  kHeader,         ///< bytes before the header, or a header with a wrong length, type or division
  kTime,           ///< notes or bars beyond the limits
};
inline constexpr size_t kMidiFlaws = 12;

/// Returns what files with this flaw have, such as "data bytes above 127".
std::string_view describe(MidiFlaw kind);

/// The flaws of one file. Memory does not depend on their number.
struct MidiFlaws {
  std::array<int64_t, kMidiFlaws> counts{};  ///< by kind
  std::string place, message;                ///< of the first: "song.mid, byte 24", and what is wrong there

  int64_t count(MidiFlaw kind) const { return counts[static_cast<size_t>(kind)]; }
  int64_t total() const { return std::accumulate(counts.begin(), counts.end(), int64_t{0}); }
  /// "song.mid, byte 24: byte 128 where a data byte is needed (and 3 more flaws)"; empty without flaws.
  std::string line() const;
};

/// Collects the flaws of a file while it is read. With `strict` the first is thrown as an Error(kData).
class MidiFlawLog {
 public:
  /// `name` is the file's name in messages and must outlive the log.
  MidiFlawLog(const std::string& name, bool strict) : name_(name), strict_(strict) {}

  const std::string& name() const { return name_; }
  bool strict() const { return strict_; }
  const MidiFlaws& found() const { return found_; }
  /// Returns to an earlier state: for bytes that are read again in another way.
  void restore(const MidiFlaws& earlier) { found_ = earlier; }

  /// `describe` returns the message; it is called for the first flaw only.
  template <class Describe>
  void add(MidiFlaw kind, size_t byte, const Describe& describe) {
    if (strict_) throw Error(ErrorKind::kData, describe(), at_byte(name_, byte));
    if (++found_.counts[static_cast<size_t>(kind)] > 1 || found_.total() > 1) return;
    found_.place = at_byte(name_, byte);
    found_.message = describe();
  }
  /// Call while `error` is handled: notes it as a flaw; with `strict` throws it again.
  void add_caught(MidiFlaw kind, const Error& error);

 private:
  const std::string& name_;
  bool strict_;
  MidiFlaws found_;
};

}  // namespace heed::music
