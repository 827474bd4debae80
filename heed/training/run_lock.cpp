// SPDX-License-Identifier: Apache-2.0
#include "heed/training/run_lock.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "heed/core/error.h"

namespace heed::training {

RunLock::RunLock(const std::filesystem::path& run)
    : descriptor_(::open(run.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) {
    throw Error(ErrorKind::kSystem, std::string("cannot open the run folder: ") + std::strerror(errno),
                run.string());
  }
  // A file system without locks is used unlocked.
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    throw Error(ErrorKind::kSystem, "another process is training in this folder", run.string());
  }
}

RunLock::~RunLock() {
  ::close(descriptor_);
}

}  // namespace heed::training
