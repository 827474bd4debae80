// SPDX-License-Identifier: Apache-2.0
#include "heed/core/mapped_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heed {

MappedFile::MappedFile(const std::filesystem::path& path, ErrorKind kind) : path_(path), kind_(kind) {
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw Error(kind, std::string("cannot open: ") + std::strerror(errno), path.string());
  try {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0)
      throw Error(ErrorKind::kSystem, std::string("cannot tell its size: ") + std::strerror(errno),
                  path.string());
    if (S_ISDIR(status.st_mode)) throw Error(kind, "is a folder, a file is needed", path.string());
    if (!S_ISREG(status.st_mode)) throw Error(kind, "is no regular file", path.string());
    map(static_cast<uint64_t>(status.st_size));
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

void MappedFile::map(uint64_t size) {
  if (size == 0) return;  // mmap refuses a length of 0
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor_, 0);
  if (start == MAP_FAILED)
    throw Error(ErrorKind::kSystem, std::string("cannot map into memory: ") + std::strerror(errno),
                path_.string());
  bytes_ = {static_cast<const std::byte*>(start), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  ::close(descriptor_);
}

void MappedFile::check_whole() const {
  struct stat status {};
  const bool whole =
      ::fstat(descriptor_, &status) == 0 && static_cast<uint64_t>(status.st_size) >= bytes_.size();
  if (!whole) throw Error(kind_, "was made shorter while it was read", path_.string());
}

void MappedFile::release(std::span<const std::byte> bytes) const {
  if (bytes.empty()) return;
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(bytes.data());
  const uintptr_t first = begin / page * page;
  ::madvise(reinterpret_cast<void*>(first), begin + bytes.size() - first, MADV_DONTNEED);
}

}  // namespace heed
