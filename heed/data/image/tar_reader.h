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

#include "heed/data/text/byte_stream.h"

namespace heed::image {

struct TarEntry {
  std::string name;   ///< as the archive has it: may be absolute or climb by "..", holds no zero byte
  uint64_t size = 0;  ///< of the content, as claimed
};

/// The files of a tar archive, plain or packed by gzip, one after another; memory is a few buffers. Nothing
/// is extracted: a name is only text here.
///
///     TarReader archive("train.tar.gz");
///     for (TarEntry entry; archive.next(entry);) use(entry.name, archive.content(1 << 20));
///
/// Knows ustar, long names of GNU tar, path and size of pax headers, and sizes beyond 8 GiB. Folders, links
/// and devices are passed over. The first block of zeros is the end; an archive may also end without. Throws
/// Error(kData) with the file and the byte in the unpacked archive for a header with a wrong checksum, sizes
/// that are no numbers, sparse files, an end within a file, and the faults of gzip data that ByteStream
/// knows.
class TarReader {
 public:
  explicit TarReader(const std::filesystem::path& path);
  /// `name` is the input's, for messages.
  TarReader(std::unique_ptr<std::istream> input, std::string name);

  /// The next file, passing over what is left of this one. False at the end, where the rest of gzip data has
  /// been checked too.
  bool next(TarEntry& entry);
  /// The bytes of the file that next() gave last, once. Error(kData) where the archive ends before they do,
  /// or when they are more than `max_bytes`; memory grows with what is there, not with what is claimed.
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

  text::ByteStream bytes_;
  std::string name_;
  uint64_t position_ = 0;            ///< in the unpacked archive
  uint64_t left_ = 0, padding_ = 0;  ///< of the current file, not read yet
  std::string next_name_;            ///< told by a header before the file's own; empty: none
  int64_t next_size_ = -1;           ///< likewise; -1: none
  bool ended_ = false;
};

/// Whether the file, unpacked where it is gzip, begins with a tar header. Error(kData) when it cannot be
/// opened.
bool is_tar(const std::filesystem::path& path);

}  // namespace heed::image
