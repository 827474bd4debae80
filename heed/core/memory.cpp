// SPDX-License-Identifier: Apache-2.0
#include "heed/core/memory.h"

#include <cstdlib>
#include <memory>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace heed {

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

}  // namespace heed
