// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>

#include <malloc.h>

#include "heed/core/child_process.h"

namespace heed {

/// Returns a line of /proc/self/status in bytes.
inline int64_t status_bytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::stoll(line.substr(name.size() + 1)) * 1024;
  }
  return -1;
}

/// Returns by how much `work` raises the peak of resident memory above its value before, in a child process;
/// -1 if it throws. Pages of mapped files count. `work` runs on one thread.
inline int64_t peak_growth(const std::function<void()>& work) {
  const auto measured = run_in_child([&] {
    ::mallopt(M_MMAP_THRESHOLD, 64 * 1024);  // returns freed memory at once
    ::malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5";  // resets the peak to the current value
    const int64_t before = status_bytes("VmRSS");
    work();
    return std::to_string(status_bytes("VmHWM") - before);
  });
  return measured ? std::stoll(*measured) : -1;
}

}  // namespace heed
