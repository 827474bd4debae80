// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "heed/core/error.h"

namespace heed {

/// A file mapped into memory, read-only and of any size. Only what is touched is read, and the system may
/// drop it again at any time.
///
/// Throws an Error of `kind` when the file cannot be opened, is a folder or is no regular file, and
/// Error(kSystem) when it cannot be mapped.
class MappedFile {
 public:
  MappedFile(const std::filesystem::path& path, ErrorKind kind);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  /// Throws when the file has lost bytes since it was mapped: touching those would end the process.
  void check_whole() const;
  /// Gives back the memory of bytes that are done with. They are read again when they are touched again.
  void release(std::span<const std::byte> bytes) const;

 private:
  void map(uint64_t size);

  std::filesystem::path path_;
  ErrorKind kind_;
  int descriptor_ = -1;
  std::span<const std::byte> bytes_;
};

}  // namespace heed
