// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_chunks.h"

#include <algorithm>
#include <array>
#include <string>

#include "heed/data/big_endian.h"

namespace heed::music {
namespace {

constexpr uint32_t kRiffTag = 0x52494646;      // "RIFF"
constexpr uint32_t kRiffMidiTag = 0x524D4944;  // "RMID"
constexpr uint32_t kRiffDataTag = 0x64617461;  // "data"
constexpr size_t kHeaderBytes = 14, kRiffHeader = 12;
constexpr size_t kMostJunk = 4096;

constexpr std::array kHeaderStart{std::byte{'M'}, std::byte{'T'}, std::byte{'h'}, std::byte{'d'},
                                  std::byte{0},   std::byte{0},   std::byte{0},   std::byte{6}};
constexpr std::array kTrackStart{std::byte{'M'}, std::byte{'T'}, std::byte{'r'}, std::byte{'k'}};

uint32_t swapped(uint32_t value) {
  return value >> 24 | (value >> 8 & 0xFF00) | (value << 8 & 0xFF0000) | value << 24;
}

}  // namespace

MidiChunks::MidiChunks(std::span<const std::byte> file, MidiFlawLog& flaws)
    : file_(file), name_(flaws.name()), end_(file.size()) {
  if (header_at(0)) return;
  if (const auto inside = find_riff_data(flaws); inside && header_at(*inside)) {
    begin_ = *inside;
    return;
  }
  end_ = file.size();
  const auto head = file.first(std::min(file.size(), kMostJunk + kHeaderStart.size()));
  const auto found = std::search(head.begin(), head.end(), kHeaderStart.begin(), kHeaderStart.end());
  begin_ = static_cast<size_t>(found - head.begin());
  if (!header_at(begin_)) {
    throw Error(ErrorKind::kData, "is not a Standard MIDI File (it has no complete MThd header)",
                at_byte(name_, 0));
  }
  flaws.add(MidiFlaw::kHeader, 0, [this] {
    return "is not a Standard MIDI File from its start: " + std::to_string(begin_) +
           " other bytes stand before the MThd header";
  });
}

/// Returns where the data chunk of a RIFF file begins, and sets end_ to where it ends.
std::optional<size_t> MidiChunks::find_riff_data(MidiFlawLog& flaws) {
  if (file_.size() < kRiffHeader || number_at(0, 4) != kRiffTag || number_at(8, 4) != kRiffMidiTag)
    return std::nullopt;
  for (size_t byte = kRiffHeader; byte + kChunkHeader <= file_.size();) {
    const size_t length = swapped(number_at(byte + 4, 4));
    const size_t body = byte + kChunkHeader;
    if (number_at(byte, 4) == kRiffDataTag) {
      if (length > file_.size() - body) {
        flaws.add(MidiFlaw::kHeader, byte + 4, [&] {
          return "a RIFF chunk of " + std::to_string(length) + " bytes; " +
                 std::to_string(file_.size() - body) + " are left";
        });
      }
      end_ = body + std::min(length, file_.size() - body);
      return body;
    }
    byte = body + length + length % 2;  // bodies are padded to even lengths
  }
  return std::nullopt;
}

uint32_t MidiChunks::number_at(size_t byte, size_t count) const {
  return heed::big_endian(file_.subspan(byte, count));
}

bool MidiChunks::header_at(size_t byte) const {
  return end_ >= kHeaderBytes && byte <= end_ - kHeaderBytes && number_at(byte, 4) == kHeaderTag;
}

bool MidiChunks::track_at(size_t byte) const {
  return byte <= end_ && end_ - byte >= kChunkHeader && number_at(byte, 4) == kTrackTag;
}

bool MidiChunks::chunk_at(size_t byte) const {
  if (track_at(byte)) return true;
  if (byte > end_ || end_ - byte < kChunkHeader) return false;
  const auto is_letter = [](std::byte b) { return b >= std::byte{' '} && b <= std::byte{'~'}; };
  const auto tag = file_.subspan(byte, 4);
  return std::all_of(tag.begin(), tag.end(), is_letter) &&
         number_at(byte + 4, 4) <= end_ - byte - kChunkHeader;
}

size_t MidiChunks::find_track(size_t byte) const {
  const auto rest = file_.first(end_).subspan(std::min(byte, end_));
  const auto found = std::search(rest.begin(), rest.end(), kTrackStart.begin(), kTrackStart.end());
  const auto place = static_cast<size_t>(found - rest.begin()) + std::min(byte, end_);
  return track_at(place) ? place : end_;
}

ByteCursor MidiChunks::cursor(size_t from, size_t to) const {
  return {file_.subspan(from, std::min(to, end_) - from), name_, from};
}

}  // namespace heed::music
