// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "heed/data/byte_stream.h"

namespace heed::image {

struct TarEntry {
  std::string name;   ///< path in the archive; may be absolute or contain ".."; has no zero byte
  uint64_t size = 0;  ///< bytes of the content, by the header
};

/// Reads the files of a tar archive, plain or gzip, one after another. Memory is a few buffers. Extracts
/// nothing: a name is only text.
///
///     TarReader archive("train.tar.gz");
///     for (TarEntry entry; archive.next(entry);) use(entry.name, archive.content(1 << 20));
///
/// Supports ustar, long names of GNU tar, path and size of pax headers, and sizes beyond 8 GiB. Skips
/// folders, links and devices. The archive ends at the first block of zeros or at the end of the input.
/// Throws Error(kData) with the file and the byte in the unpacked archive for a header with a wrong checksum,
/// sizes that are not numbers, sparse files, a truncated file, and the gzip errors of ByteStream.
class TarReader {
 public:
  explicit TarReader(const std::filesystem::path& path);
  /// `name` is the input's name in messages.
  TarReader(std::unique_ptr<std::istream> input, std::string name);

  /// Moves to the next file, skipping the rest of the current one. Returns false at the end, after checking
  /// the rest of the gzip data.
  bool next(TarEntry& entry);
  /// Returns the content of the current file, once. Throws Error(kData) if the archive is truncated or the
  /// content exceeds `max_bytes`. Memory grows with the data present, not with the header's size.
  std::vector<std::byte> content(uint64_t max_bytes);

 private:
  bool read_header(std::array<char, 512>& header);
  bool finish();
  void begin_content(uint64_t size);
  void pass_over();
  size_t read(char* into, size_t size);
  std::vector<std::byte> take();
  void read_long_name(uint64_t size);
  void read_pax(uint64_t size);
  [[noreturn]] void fail(uint64_t byte, const std::string& message) const;

  ByteStream bytes_;
  std::string name_;
  uint64_t position_ = 0;            ///< offset in the unpacked archive
  uint64_t left_ = 0, padding_ = 0;  ///< unread bytes of the current file
  std::string next_name_;            ///< name from a header before the file's own; empty: none
  int64_t next_size_ = -1;           ///< size from such a header; -1: none
  bool ended_ = false;
};

/// Whether the file, unpacked if gzip, begins with a tar header. Throws Error(kData) if it cannot be opened.
bool is_tar(const std::filesystem::path& path);

}  // namespace heed::image
