// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <vector>

namespace heed::image {

struct ArchiveEntry {
  std::string name;   ///< path in the archive; may be absolute or contain ".."
  uint64_t size = 0;  ///< bytes of the content, as the archive says
};

/// Reads the files of an archive, one after another: tar, plain or packed by gzip, bzip2, xz or zstd, and zip.
/// Recognises the format by content, not by name. Reads by libarchive; starts no program and extracts
/// nothing: a name is only text. Memory is a few buffers, besides what ByteStream needs to unpack and, for
/// zip, the list of its files.
///
///     ArchiveReader archive("train.tar.gz");
///     for (ArchiveEntry entry; archive.next(entry);) use(entry.name, archive.content(1 << 20));
///
/// Supports the tar formats v7, ustar, GNU and pax, and zip with 64-bit sizes. Skips folders, links and
/// devices. A tar ends at its first block of zeros; one that ends before, even between two files, is an
/// error, because the rest is missing. One block of zeros is enough, as for GNU tar.
///
/// Throws Error(kData) with the file and, for tar, the byte in the unpacked archive: for damaged headers, an
/// archive that ends early, encrypted files, the errors of ByteStream, and a zip whose files unpack to more
/// than 64 MiB and more than 250 times its size.
class ArchiveReader {
 public:
  explicit ArchiveReader(const std::filesystem::path& path);
  /// `name` is the input's name in messages. The input must allow seeking.
  ArchiveReader(std::unique_ptr<std::istream> input, std::string name);
  ~ArchiveReader();
  ArchiveReader(ArchiveReader&&) noexcept;

  /// Moves to the next file, skipping the rest of the current one. Returns false at the end, after checking
  /// the rest of packed data. After an error of the whole archive every call throws that error.
  bool next(ArchiveEntry& entry);
  /// Returns the content of the current file, once. Throws Error(kData) if the content exceeds `max_bytes`,
  /// is cut or damaged, or if the file is sparse. Memory grows with the data present, not with the size in
  /// the header.
  std::vector<std::byte> content(uint64_t max_bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether the file is a tar, a zip, or packed data that is damaged so early that it could be a tar. Throws
/// Error(kData) if it cannot be opened.
bool is_archive(const std::filesystem::path& path);

}  // namespace heed::image
