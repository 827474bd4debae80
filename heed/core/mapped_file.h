// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "heed/core/error.h"

namespace heed {

/// A read-only mapping of a file of any size. Only pages that are accessed are read, and the system may drop
/// them at any time.
///
/// Throws an Error of `kind` if the file cannot be opened, is a folder or is not a regular file, and
/// Error(kSystem) if it cannot be mapped.
class MappedFile {
 public:
  MappedFile(const std::filesystem::path& path, ErrorKind kind);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  /// Throws if the file became shorter after it was mapped: accessing the lost bytes would end the process.
  void check_whole() const;
  /// Releases the memory of bytes that are no longer needed. A later access reads them again.
  void release(std::span<const std::byte> bytes) const;

 private:
  void map(uint64_t size);

  std::filesystem::path path_;
  ErrorKind kind_;
  int descriptor_ = -1;
  std::span<const std::byte> bytes_;
};

}  // namespace heed
