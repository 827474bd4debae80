// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/idx_reader.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/big_endian.h"

namespace heed::image {
namespace fs = std::filesystem;
namespace {

constexpr uint8_t kUnsignedBytes = 8;
constexpr size_t kMaxDimensions = 4;

bool is_magic(const std::array<char, 4>& magic) {
  const auto dimensions = static_cast<uint8_t>(magic[3]);
  return magic[0] == 0 && magic[1] == 0 && magic[2] == kUnsignedBytes && dimensions >= 1 &&
         dimensions <= kMaxDimensions;
}

class IdxParser {
 public:
  IdxParser(ByteStream bytes, const std::string& name) : bytes_(std::move(bytes)), name_(name) {}

  IdxArray parse(uint64_t max_bytes) {
    const auto magic = take_four();
    if (!is_magic(magic)) fail(0, "is not an idx file of unsigned bytes with one to four dimensions");
    IdxArray array;
    uint64_t count = 1;
    for (int d = 0; d < magic[3]; ++d) {
      const auto four = take_four();
      const uint32_t size = big_endian(std::as_bytes(std::span(four)));
      array.shape.push_back(size);
      // The product of four 32-bit sizes can exceed 64 bits. A size of zero must not hide the other sizes.
      if (__builtin_mul_overflow(count, std::max<uint64_t>(size, 1), &count) || count > max_bytes)
        fail(position_ - 4, "its header has more than " + std::to_string(max_bytes) + " values");
    }
    if (std::find(array.shape.begin(), array.shape.end(), 0) != array.shape.end()) count = 0;
    take_values(array.values, count);
    return array;
  }

 private:
  std::array<char, 4> take_four() {
    std::array<char, 4> four{};
    if (read({four.data(), four.size()}) < four.size()) fail(position_, "the header is truncated");
    return four;
  }

  void take_values(std::vector<uint8_t>& values, uint64_t count) {
    constexpr size_t kStep = size_t{1} << 20;
    while (values.size() < count) {
      const size_t begin = values.size();
      values.resize(begin + static_cast<size_t>(std::min<uint64_t>(kStep, count - begin)));
      const size_t got = read({reinterpret_cast<char*>(values.data() + begin), values.size() - begin});
      if (begin + got < values.size()) {
        fail(position_,
             "has " + std::to_string(begin + got) + " values, but its header says " + std::to_string(count));
      }
    }
    char more = 0;
    if (read({&more, 1}) > 0)
      fail(position_ - 1, "has more values than the " + std::to_string(count) + " of its header");
  }

  /// Returns fewer bytes only at the end. Data that ends before an error of the gzip data throws that error.
  size_t read(std::span<char> into) {
    size_t count = 0;
    try {
      for (size_t got = 1; got > 0 && count < into.size(); count += got)
        got = bytes_.read(into.subspan(count));
    } catch (const Error& error) {
      fail(position_, error.what());
    }
    position_ += count;
    return count;
  }

  [[noreturn]] void fail(uint64_t byte, const std::string& message) const {
    throw Error(ErrorKind::kData, message, at_byte(name_, byte));
  }

  ByteStream bytes_;
  const std::string& name_;
  uint64_t position_ = 0;
};

void check_dimensions(const IdxArray& array, size_t wanted, const std::string& rule, const fs::path& path) {
  if (array.shape.size() == wanted) return;
  throw Error(ErrorKind::kData, "has " + std::to_string(array.shape.size()) + " dimensions; " + rule,
              path.string());
}

}  // namespace

IdxArray read_idx(ByteStream bytes, const std::string& name, uint64_t max_bytes) {
  return IdxParser(std::move(bytes), name).parse(max_bytes);
}

IdxArray read_idx(const fs::path& path, uint64_t max_bytes) {
  return read_idx(open_bytes(path), path.string(), max_bytes);
}

int idx_dimensions(const fs::path& path) {
  ByteStream bytes = open_bytes(path);
  std::array<char, 4> magic{};
  try {
    return bytes.read(magic) == magic.size() && is_magic(magic) ? magic[3] : 0;
  } catch (const Error&) {  // gzip data is corrupt
    return 0;
  }
}

IdxImages read_idx_images(const fs::path& images, uint64_t max_bytes) {
  IdxArray array = read_idx(images, max_bytes);
  check_dimensions(array, 3, "images need 3: count, height, width", images);
  if (array.values.empty()) throw Error(ErrorKind::kData, "has no pixels", images.string());
  return {array.shape[0], array.shape[1], array.shape[2], std::move(array.values), {}};
}

IdxImages read_idx_images(const fs::path& images, const fs::path& labels, uint64_t max_bytes) {
  IdxImages both = read_idx_images(images, max_bytes);
  IdxArray array = read_idx(labels, max_bytes);
  check_dimensions(array, 1, "labels need 1", labels);
  if (array.shape[0] != both.count) {
    throw Error(ErrorKind::kData,
                "has " + std::to_string(array.shape[0]) + " labels, but " + images.string() + " has " +
                    std::to_string(both.count) + " images",
                labels.string());
  }
  both.labels = std::move(array.values);
  return both;
}

}  // namespace heed::image
