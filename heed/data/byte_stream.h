// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <span>
#include <string>

namespace heed {

/// Reads the bytes of a file and unpacks gzip data, which it recognises by content and not by name. Gzip
/// members that follow each other form one stream. Memory: two buffers of 64 KiB.
///
/// Throws Error(kData) without a place, because only the caller knows the line. Errors are: gzip data that is
/// truncated, corrupt or followed by other bytes, and data that unpacks to more than 64 MiB and more than 250
/// times its size (no useful text compresses that well).
class ByteStream {
 public:
  explicit ByteStream(std::unique_ptr<std::istream> input);
  ~ByteStream();
  ByteStream(ByteStream&&) noexcept;
  ByteStream& operator=(ByteStream&&) noexcept;

  /// Fills `into` from its start and returns the number of bytes. Returns fewer bytes only at the end, or
  /// before an error, which the next call throws.
  size_t read(std::span<char> into);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Opens a file. Throws Error(kData) with the path if it cannot be opened or is a folder, a pipe or a device.
ByteStream open_bytes(const std::filesystem::path& path);

/// Reads and unpacks the whole file. Throws Error(kData) with the path, also for more than `max_bytes` bytes.
std::string read_unpacked(const std::filesystem::path& path, uint64_t max_bytes);

}  // namespace heed
