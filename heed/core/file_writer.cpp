// SPDX-License-Identifier: Apache-2.0
#include "heed/core/file_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "heed/core/error.h"

namespace heed {

FileWriter::FileWriter(const std::filesystem::path& path)
    : path_(path), descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) fail("cannot open");
}

FileWriter::~FileWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FileWriter::write(std::span<const std::byte> piece) {
  constexpr size_t kStretch = 1 << 20;  // still in the cache after its checksum is computed
  while (!piece.empty()) {
    const auto stretch = piece.first(std::min(piece.size(), kStretch));
    crc_.add(stretch);
    write_all(stretch);
    size_ += stretch.size();
    piece = piece.subspan(stretch.size());
  }
}

void FileWriter::write(std::string_view piece) {
  write(std::as_bytes(std::span(piece)));
}

void FileWriter::write_all(std::span<const std::byte> piece) {
  while (!piece.empty()) {
    const ssize_t written = ::write(descriptor_, piece.data(), piece.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write");
    piece = piece.subspan(static_cast<size_t>(written));
  }
}

void FileWriter::sync() {
  if (::fsync(descriptor_) != 0 && errno != EINVAL) fail("cannot sync to disk");
}

void FileWriter::close() {
  if (::close(std::exchange(descriptor_, -1)) != 0) fail("cannot close");
}

void FileWriter::fail(const char* action) const {
  throw Error(ErrorKind::kSystem, std::string(action) + ": " + std::strerror(errno), path_.string());
}

}  // namespace heed
