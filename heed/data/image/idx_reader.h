// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "heed/data/byte_stream.h"

namespace heed::image {

/// An array of bytes in the idx format of MNIST.
struct IdxArray {
  std::vector<int64_t> shape;  ///< one to four sizes
  std::vector<uint8_t> values;
};

inline constexpr uint64_t kMaxIdxBytes = uint64_t{1} << 33;

/// Reads an idx file of unsigned bytes, plain or gzip: four magic bytes, big-endian sizes, values. Throws
/// Error(kData) with file and unpacked byte for another type, for more than `max_bytes` values, and for a
/// number of values that differs from the header's. Memory grows with the data present, not with the header's
/// sizes.
IdxArray read_idx(const std::filesystem::path& path, uint64_t max_bytes = kMaxIdxBytes);
/// `name` is the input's name in messages.
IdxArray read_idx(ByteStream bytes, const std::string& name, uint64_t max_bytes = kMaxIdxBytes);

/// Returns the number of dimensions in the file's header (unpacked if gzip); 0 if it is not an idx file of
/// unsigned bytes.
int idx_dimensions(const std::filesystem::path& path);

/// Images with their labels.
struct IdxImages {
  int64_t count = 0, height = 0, width = 0;
  std::vector<uint8_t> pixels;  ///< [count, height, width]
  std::vector<uint8_t> labels;  ///< [count]; empty if there is no file of labels
};

/// Reads both files. Throws Error(kData) with both names if their counts differ, and if there are no pixels
/// or the dimensions are not those of grey images and of labels.
IdxImages read_idx_images(const std::filesystem::path& images, uint64_t max_bytes = kMaxIdxBytes);
IdxImages read_idx_images(const std::filesystem::path& images, const std::filesystem::path& labels,
                          uint64_t max_bytes = kMaxIdxBytes);

}  // namespace heed::image
