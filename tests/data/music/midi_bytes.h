// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace heed::music::testing {

using Bytes = std::vector<uint8_t>;

inline void put_big_endian(Bytes& out, uint32_t value, int count) {
  for (int i = count - 1; i >= 0; --i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

/// Builds the body of a track by hand, including events that the writer under test would not write.
class Track {
 public:
  Track& at(uint32_t delta, std::initializer_list<int> event) { return at(delta, std::vector<int>(event)); }
  Track& at(uint32_t delta, const std::vector<int>& event) {
    for (int shift = 21; shift > 0; shift -= 7) {
      if (delta >> shift) bytes_.push_back(static_cast<uint8_t>((delta >> shift & 0x7F) | 0x80));
    }
    bytes_.push_back(static_cast<uint8_t>(delta & 0x7F));
    for (const int byte : event) bytes_.push_back(static_cast<uint8_t>(byte));
    return *this;
  }
  Track& tempo(uint32_t delta, int microseconds) {
    return at(delta,
              {0xFF, 0x51, 3, microseconds >> 16 & 0xFF, microseconds >> 8 & 0xFF, microseconds & 0xFF});
  }
  Track& end(uint32_t delta = 0) { return at(delta, {0xFF, 0x2F, 0}); }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

inline Bytes chunk(const std::string& tag, const Bytes& body) {
  Bytes out(tag.begin(), tag.end());
  put_big_endian(out, static_cast<uint32_t>(body.size()), 4);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

inline Bytes header(int format, int tracks, int division) {
  Bytes body;
  put_big_endian(body, static_cast<uint32_t>(format), 2);
  put_big_endian(body, static_cast<uint32_t>(tracks), 2);
  put_big_endian(body, static_cast<uint32_t>(division), 2);
  return chunk("MThd", body);
}

/// A track of `count` notes of 100 ticks, one after the other, from `pitch` up.
inline Track scale(int count, int pitch = 60, int channel = 0) {
  Track track;
  for (int i = 0; i < count; ++i)
    track.at(0, {0x90 | channel, pitch + i, 64}).at(100, {0x80 | channel, pitch + i, 0});
  return track.end();
}

inline Bytes joined(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

inline Bytes midi_file(int format, int division, const std::vector<Track>& tracks) {
  Bytes out = header(format, static_cast<int>(tracks.size()), division);
  for (const auto& track : tracks) {
    const Bytes body = chunk("MTrk", track.bytes());
    out.insert(out.end(), body.begin(), body.end());
  }
  return out;
}

}  // namespace heed::music::testing
