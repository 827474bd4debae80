// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <span>
#include <string>

#include "heed/data/unpacking.h"

namespace heed {

/// Reads the bytes of a file and unpacks gzip, bzip2, xz and zstd, which it recognises by content and not by
/// name. Packed parts that follow each other form one stream. Memory: a buffer of 64 KiB and what the format
/// needs to unpack: 64 KiB for gzip, 4 MiB for bzip2, the window that the data asks for with xz (at most 1
/// GiB) and zstd (at most 128 MiB).
///
/// Throws Error(kData) without a place, because only the caller knows the line. Errors are: packed data that
/// is truncated or corrupt, gzip data that is followed by other bytes, and data that unpacks to more than 64
/// MiB and more than 250 times its size (no useful text compresses that well).
class ByteStream {
 public:
  explicit ByteStream(std::unique_ptr<std::istream> input);
  ~ByteStream();
  ByteStream(ByteStream&&) noexcept;
  ByteStream& operator=(ByteStream&&) noexcept;

  /// Fills `into` from its start and returns the number of bytes. Returns fewer bytes only at the end, or
  /// before an error, which the next call throws.
  size_t read(std::span<char> into);
  Packing packing() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Opens a file. Throws Error(kData) with the path if it cannot be opened or is a folder, a pipe or a device.
std::unique_ptr<std::istream> open_file(const std::filesystem::path& path);
ByteStream open_bytes(const std::filesystem::path& path);

/// Reads and unpacks the whole file. Throws Error(kData) with the path, also for more than `max_bytes` bytes.
std::string read_unpacked(const std::filesystem::path& path, uint64_t max_bytes);

}  // namespace heed
