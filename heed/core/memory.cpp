// SPDX-License-Identifier: Apache-2.0
#include "heed/core/memory.h"

#include <cstdlib>

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

}  // namespace heed
