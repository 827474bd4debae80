// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "fuzz/checks.h"
#include "fuzz/promises.h"

#include "heed/data/image/idx_reader.h"
#include "heed/data/image/jpeg_reader.h"
#include "heed/data/image/png_reader.h"
#include "heed/data/image/png_writer.h"
#include "heed/data/image/tar_reader.h"

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

}  // namespace

void check_png_reader(std::span<const std::byte> file) {
  image::Image image;
  if (!accepts(ErrorKind::kData, [&] { image = image::decode_png(file, kName, kSmall); })) return;
  check_image(image);
  require(equal(image, image::decode_png(image::encode_png(image), kName)), "an image survives writing");
}

void check_jpeg_reader(std::span<const std::byte> file) {
  image::Image image;
  if (!accepts(ErrorKind::kData, [&] { image = image::decode_jpeg(file, kName, kSmall); })) return;
  check_image(image);
  require(equal(image, image::decode_jpeg(file, kName, kSmall)), "decoding twice gives the same");
}

void check_tar_reader(std::span<const std::byte> file) {
  std::vector<image::TarEntry> entries;
  uint64_t total = 0;
  const bool accepted = accepts(ErrorKind::kData, [&] {
    image::TarReader archive(stream(file), kName);
    for (image::TarEntry entry; archive.next(entry);) {
      require(entry.name.find('\0') == std::string::npos, "a name has no zero byte");
      entries.push_back(entry);
      if (entry.size > kMaxContent) continue;  // skipped by next()
      const auto content = archive.content(kMaxContent);
      require(content.size() == entry.size, "a content has the length of its header");
      total += content.size();
    }
  });
  const bool packed = file.size() >= 2 && file[0] == std::byte{0x1F} && file[1] == std::byte{0x8B};
  if (accepted && !packed) require(total <= file.size(), "contents are not larger than the archive");
  if (!accepted) return;
  image::TarReader again(stream(file), kName);
  size_t count = 0;
  for (image::TarEntry entry; again.next(entry); ++count) {
    require(count < entries.size() && entry.name == entries[count].name,
            "skipping contents gives the same names");
  }
  require(count == entries.size(), "skipping contents gives the same files");
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
