// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/orientation.h"

#include <cstring>
#include <optional>

namespace heed::image {
namespace {

constexpr uint16_t kOrientationTag = 0x0112;
/// TIFF's types of whole numbers. The tag is a short; some programs write a long.
constexpr uint16_t kShort = 3, kLong = 4;
constexpr size_t kEntryBytes = 12;

bool begins_with(std::span<const std::byte> bytes, const char* text, size_t size) {
  return bytes.size() >= size && std::memcmp(bytes.data(), text, size) == 0;
}

/// Numbers of a TIFF block, which says its byte order. Nothing behind the end is read.
class Tiff {
 public:
  Tiff(std::span<const std::byte> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  std::optional<uint32_t> number(size_t at, size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<uint32_t>(bytes_[at + (big_endian_ ? i : size - 1 - i)]);
      value = value << 8 | byte;
    }
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  bool big_endian_;
};

/// The value of a directory entry that holds the orientation as one whole number.
std::optional<uint32_t> orientation_in(const Tiff& tiff, size_t entry) {
  if (tiff.number(entry, 2) != kOrientationTag || tiff.number(entry + 4, 4) != 1u) return std::nullopt;
  const auto type = tiff.number(entry + 2, 2);
  if (type == kShort) return tiff.number(entry + 8, 2);
  if (type == kLong) return tiff.number(entry + 8, 4);
  return std::nullopt;
}

}  // namespace

Orientation exif_orientation(std::span<const std::byte> exif) {
  if (begins_with(exif, "Exif\0\0", 6)) exif = exif.subspan(6);
  const bool big_endian = begins_with(exif, "MM\0*", 4);
  if (!big_endian && !begins_with(exif, "II*\0", 4)) return Orientation::kUpright;
  const Tiff tiff(exif, big_endian);
  const auto directory = tiff.number(4, 4);
  if (!directory) return Orientation::kUpright;
  const auto count = tiff.number(*directory, 2);
  for (size_t i = 0; i < count.value_or(0); ++i) {
    const auto value = orientation_in(tiff, size_t{*directory} + 2 + i * kEntryBytes);
    if (value && *value >= 1 && *value <= 8) return static_cast<Orientation>(*value);
  }
  return Orientation::kUpright;
}

StoredOrder stored_order(Orientation orientation, int64_t height, int64_t width) {
  const int64_t last_row = (height - 1) * width, last_column = width - 1;
  switch (orientation) {
    case Orientation::kUpright:
      break;
    case Orientation::kMirror:
      return {height, width, last_column, width, -1};
    case Orientation::kHalfTurn:
      return {height, width, last_row + last_column, -width, -1};
    case Orientation::kFlip:
      return {height, width, last_row, -width, 1};
    case Orientation::kTranspose:
      return {width, height, 0, 1, width};
    case Orientation::kTurnRight:
      return {width, height, last_row, 1, -width};
    case Orientation::kAntitranspose:
      return {width, height, last_row + last_column, -1, -width};
    case Orientation::kTurnLeft:
      return {width, height, last_column, -1, width};
  }
  return {height, width, 0, width, 1};
}

}  // namespace heed::image
