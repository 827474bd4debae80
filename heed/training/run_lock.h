// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace heed::training {

/// Locks a run folder for this process, so that two trainings never write to the same folder. The system
/// releases the lock however the process ends. Throws Error(kSystem) if the folder is locked or cannot be
/// opened.
class RunLock {
 public:
  explicit RunLock(const std::filesystem::path& run);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace heed::training
