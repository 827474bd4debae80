// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "fuzz/checks.h"
#include "fuzz/promises.h"

#include "heed/core/error.h"
#include "heed/data/byte_stream.h"
#include "heed/data/image/archive_reader.h"
#include "heed/data/image/colour_profile.h"
#include "heed/data/image/idx_reader.h"
#include "heed/data/image/jpeg_reader.h"
#include "heed/data/image/jpeg_writer.h"
#include "heed/data/image/orientation.h"
#include "heed/data/image/png_chunks.h"
#include "heed/data/image/png_reader.h"
#include "heed/data/image/png_writer.h"

namespace heed::fuzz {
namespace {

/// Limit of pixels, to keep the time per input short.
constexpr image::ReadLimits kSmall{.max_pixels = 1 << 16};
constexpr uint64_t kMaxContent = 1 << 16;

std::unique_ptr<std::istringstream> stream(std::span<const std::byte> file) {
  return std::make_unique<std::istringstream>(
      std::string(reinterpret_cast<const char*>(file.data()), file.size()));
}

void check_image(const image::Image& image) {
  require(image.channels == 1 || image.channels == 3, "an image is grey or RGB");
  require(image.height > 0 && image.width > 0, "an image has pixels");
  require(image.height * image.width <= kSmall.max_pixels, "an image is within the limit");
  require(std::ssize(image.pixels) == image.height * image.width * image.channels,
          "the number of pixels matches the size");
}

bool equal(const image::Image& a, const image::Image& b) {
  return a.height == b.height && a.width == b.width && a.channels == b.channels && a.pixels == b.pixels;
}

bool equal(const image::Picture& a, const image::Picture& b) {
  return a.height == b.height && a.width == b.width && a.channels == b.channels && a.bits == b.bits &&
         a.pixels == b.pixels && a.notes.icc_profile == b.notes.icc_profile &&
         a.notes.srgb_intent == b.notes.srgb_intent && a.notes.gamma == b.notes.gamma &&
         a.notes.chromaticities == b.notes.chromaticities && a.notes.density == b.notes.density;
}

/// What every picture has in common with the 8-bit image of the same file.
void check_picture(const image::Picture& picture, const image::Image& image) {
  image::check_picture(picture, "fuzzed");
  require(
      picture.height == image.height && picture.width == image.width && picture.colours() == image.channels,
      "a picture has the size of the image");
  for (const uint16_t number : picture.pixels)
    require(number <= picture.largest(), "numbers are within the bits of the picture");
}

/// The blocks within files, whose bytes a checksum guards from being mutated.
void check_blocks(std::span<const std::byte> block) {
  const auto orientation = image::exif_orientation(block);
  require(orientation >= image::Orientation::kUpright && orientation <= image::Orientation::kTurnLeft,
          "an orientation is one of eight");
  const auto profile = image::unpack_profile(block);
  require(profile.size() <= image::kMaxProfileBytes, "a profile is within the limit");
  const bool fits = image::is_colour_profile(profile, 1) || image::is_colour_profile(profile, 3);
  require(!fits || image::unpack_profile(image::pack_profile(profile)) == profile,
          "a profile survives packing");
  const auto chunk = image::png_chunk(block, "iCCP");
  require(chunk.size() < std::max<size_t>(block.size(), 1), "a chunk is within the file");
}

}  // namespace

void check_png_reader(std::span<const std::byte> file) {
  check_blocks(file);
  image::Image image;
  if (!accepts(ErrorKind::kData, [&] { image = image::decode_png(file, kName, kSmall); })) return;
  check_image(image);
  require(equal(image, image::decode_png(image::encode_png(image), kName)), "an image survives writing");
  const image::Picture picture = image::decode_png_picture(file, kName, kSmall);
  check_picture(picture, image);
  require(equal(picture, image::decode_png_picture(image::encode_png(picture), kName)),
          "a picture survives writing");
}

void check_jpeg_reader(std::span<const std::byte> file) {
  image::Image image;
  if (!accepts(ErrorKind::kData, [&] { image = image::decode_jpeg(file, kName, kSmall); })) return;
  check_image(image);
  require(equal(image, image::decode_jpeg(file, kName, kSmall)), "decoding twice gives the same");
  const image::Picture picture = image::decode_jpeg_picture(file, kName, kSmall);
  check_picture(picture, image);
  require(on_white(picture).pixels == image.pixels, "a picture shows the same as an image");
  const image::Picture again = image::decode_jpeg_picture(image::encode_jpeg(picture), kName);
  require(again.height == picture.height && again.width == picture.width, "a picture can be written");
  require(again.notes.icc_profile == picture.notes.icc_profile, "a profile survives writing");
}

void check_archive_reader(std::span<const std::byte> file) {
  std::vector<image::ArchiveEntry> entries;
  uint64_t total = 0;
  const bool accepted = accepts(ErrorKind::kData, [&] {
    image::ArchiveReader archive(stream(file), kName);
    for (image::ArchiveEntry entry; archive.next(entry);) {
      entries.push_back(entry);
      if (entry.size > kMaxContent) continue;  // skipped by next()
      // A damaged file need not end the archive: next() does if it must.
      accepts(ErrorKind::kData, [&] {
        const auto content = archive.content(kMaxContent);
        require(content.size() == entry.size, "a content has the length of its header");
        total += content.size();
      });
    }
  });
  const Packing packing = packing_of({reinterpret_cast<const char*>(file.data()), file.size()});
  const bool zip = file.size() >= 2 && file[0] == std::byte{'P'} && file[1] == std::byte{'K'};
  if (packing == Packing::kNone && !zip)
    require(total <= file.size(), "contents of a plain tar are not larger than the archive");
  if (!accepted) return;
  image::ArchiveReader again(stream(file), kName);
  size_t count = 0;
  for (image::ArchiveEntry entry; again.next(entry); ++count) {
    require(count < entries.size() && entry.name == entries[count].name,
            "skipping contents gives the same names");
  }
  require(count == entries.size(), "skipping contents gives the same files");
}

void check_byte_stream(std::span<const std::byte> file) {
  std::vector<char> whole, parts;
  const auto read = [&](std::vector<char>& into, size_t step) {
    std::vector<char> buffer(step);
    try {
      ByteStream bytes(stream(file));
      while (const size_t count = bytes.read(buffer)) {
        into.insert(into.end(), buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(count));
        if (into.size() > (size_t{1} << 22)) return;
      }
    } catch (const Error& error) {
      throw Error(error.kind(), error.what(), kName);  // the caller adds the place
    }
  };
  const bool accepted = accepts(ErrorKind::kData, [&] { read(whole, size_t{1} << 16); });
  require(accepted == accepts(ErrorKind::kData, [&] { read(parts, 1000); }), "steps change no verdict");
  whole.resize(std::min(whole.size(), parts.size()));
  parts.resize(whole.size());
  require(whole == parts, "steps change no bytes");
}

void check_idx_reader(std::span<const std::byte> file) {
  image::IdxArray array;
  const auto read = [&] { array = image::read_idx(ByteStream(stream(file)), kName, 1 << 20); };
  if (!accepts(ErrorKind::kData, read)) return;
  require(!array.shape.empty() && array.shape.size() <= 4, "an array has one to four sizes");
  const auto size = std::accumulate(array.shape.begin(), array.shape.end(), int64_t{1}, std::multiplies<>());
  require(std::ssize(array.values) == size, "the number of values matches the sizes");
}

}  // namespace heed::fuzz
