// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "heed/data/text/byte_stream.h"

namespace heed::image {

/// An array of bytes as the idx format of MNIST holds it.
struct IdxArray {
  std::vector<int64_t> shape;  ///< one to four sizes
  std::vector<uint8_t> values;
};

inline constexpr uint64_t kMaxIdxBytes = uint64_t{1} << 33;

/// An idx file of unsigned bytes, plain or packed by gzip: four bytes of kind, big-endian sizes, values.
/// Throws Error(kData) with the file and the byte, unpacked, for another kind, more than `max_bytes`, and
/// values that are fewer or more than the sizes say; memory grows with what is there, not with what is
/// claimed.
IdxArray read_idx(const std::filesystem::path& path, uint64_t max_bytes = kMaxIdxBytes);
/// `name` is the input's, for messages.
IdxArray read_idx(text::ByteStream bytes, const std::string& name, uint64_t max_bytes = kMaxIdxBytes);

/// How many sizes the file, unpacked where it is gzip, says it has; 0 when it begins otherwise than an idx
/// file of unsigned bytes.
int idx_dimensions(const std::filesystem::path& path);

/// Pictures with their labels.
struct IdxImages {
  int64_t count = 0, height = 0, width = 0;
  std::vector<uint8_t> pixels;  ///< [count, height, width]
  std::vector<uint8_t> labels;  ///< [count], or empty without a file of labels
};

/// Reads both files; Error(kData) naming both when their counts differ, and when there are no pixels or the
/// dimensions are not those of grey pictures and of labels.
IdxImages read_idx_images(const std::filesystem::path& images, uint64_t max_bytes = kMaxIdxBytes);
IdxImages read_idx_images(const std::filesystem::path& images, const std::filesystem::path& labels,
                          uint64_t max_bytes = kMaxIdxBytes);

}  // namespace heed::image
