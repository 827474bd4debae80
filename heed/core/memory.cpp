// SPDX-License-Identifier: Apache-2.0
#include "heed/core/memory.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace heed {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::infinity();
constexpr double kKilobyte = 1024;

/// The number after `name` in lines such as "MemAvailable:  1234 kB".
std::optional<double> entry(const char* file, const std::string& name) {
  std::ifstream in(file);
  for (std::string word; in >> word;) {
    double value = 0;
    if (word == name && in >> value) return value;
  }
  return std::nullopt;
}

/// The only number of a file; nothing if it says "max".
std::optional<double> number_in(const std::string& file) {
  std::ifstream in(file);
  double value = 0;
  return in >> value ? std::optional(value) : std::nullopt;
}

/// Freed memory that the C library holds.
double kept_bytes() {
#if defined(__GLIBC__)
  return static_cast<double>(mallinfo2().fordblks);
#else
  return 0;
#endif
}

double machine_bytes() {
  const auto free = entry("/proc/meminfo", "MemAvailable:");
  if (!free) return kUnknown;
  return (*free + entry("/proc/meminfo", "SwapFree:").value_or(0)) * kKilobyte;
}

/// What the control group at the root of this process's view allows: that of a container. Its cache can be dropped.
double group_bytes() {
  const std::string root = "/sys/fs/cgroup/";
  if (const auto most = number_in(root + "memory.max")) {
    const double cache = entry((root + "memory.stat").c_str(), "inactive_file").value_or(0);
    return *most - number_in(root + "memory.current").value_or(0) + cache;
  }
  if (const auto most = number_in(root + "memory/memory.limit_in_bytes")) {
    const double cache = entry((root + "memory/memory.stat").c_str(), "total_inactive_file").value_or(0);
    return *most - number_in(root + "memory/memory.usage_in_bytes").value_or(0) + cache;
  }
  return kUnknown;
}

/// What `ulimit -v` leaves of the address space.
double limit_bytes() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnknown;
  const double pages = number_in("/proc/self/statm").value_or(0);
  return static_cast<double>(limit.rlim_cur) - pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void keep_freed_memory() {
#if defined(__GLIBC__)
  constexpr int kNever = 1 << 30;  // bytes
  mallopt(M_MMAP_THRESHOLD, kNever);
  mallopt(M_TRIM_THRESHOLD, kNever);
#endif
}

void prefer_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] size_t bytes) {
#if defined(__linux__)
  constexpr size_t kLargePage = size_t{1} << 21;
  size_t space = bytes;
  if (std::align(kLargePage, kLargePage, memory, space) == nullptr) return;
  ::madvise(memory, space / kLargePage * kLargePage, MADV_HUGEPAGE);
#endif
}

double available_memory() {
  return std::max(0.0, std::min({machine_bytes(), group_bytes(), limit_bytes()}) + kept_bytes());
}

OutOfMemory::OutOfMemory(double bytes, double available, const std::string& purpose)
    : Error(ErrorKind::kSystem,
            "out of memory: " + format_bytes(bytes) + " more needed" +
                (purpose.empty() ? "" : " for " + purpose) +
                (available < bytes ? ", " + format_bytes(available) + " free" : " in one piece")) {}

void expect_memory(double bytes, const std::string& purpose) {
  const double available = available_memory();
  if (bytes > available) throw OutOfMemory(bytes, available, purpose);
}

std::string format_bytes(double bytes) {
  const char* units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
  size_t unit = 0;
  for (; bytes >= 999.95 && unit + 1 < std::size(units); ++unit) bytes /= 1000;
  char text[64];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
  return text;
}

}  // namespace heed
