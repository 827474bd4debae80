// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "heed/core/crc32c.h"

namespace heed {

/// Writes a new file in chunks and computes its length and checksum without reading it back. Overwrites an
/// existing file. Throws Error(kSystem) with the reason (disk full, no permission).
///
/// Neither atomic nor synced by itself: see write_atomically() and write_folder_atomically().
class FileWriter {
 public:
  explicit FileWriter(const std::filesystem::path& path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(std::span<const std::byte> piece);
  void write(std::string_view piece);
  void sync();   ///< waits until everything written is on disk
  void close();  ///< reports errors, unlike the destructor

  uint64_t size() const { return size_; }  ///< bytes written so far
  uint32_t crc32c() const { return crc_.value(); }

 private:
  [[noreturn]] void fail(const char* action) const;
  void write_all(std::span<const std::byte> piece);

  std::filesystem::path path_;
  int descriptor_;
  uint64_t size_ = 0;
  Crc32c crc_;
};

}  // namespace heed
