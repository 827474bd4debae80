// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace heed::training {

/// Holds a run folder for this process, so that two trainings never write into one. The system lets go of it
/// however the process ends. Error(kSystem) when the folder is taken or cannot be opened.
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
