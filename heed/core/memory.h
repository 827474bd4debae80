// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace heed {

/// Makes the process keep freed memory for reuse. A step of training or decoding frees and allocates the same
/// large blocks each time, and the system would clear all their pages again. Does nothing if the C library is
/// not glibc.
void keep_freed_memory();

/// Asks the system for 2 MB pages where they fit into the memory. Memory that is read from end to end
/// repeatedly then needs few entries of the processor's page tables. Costs a system call; has no effect if
/// refused.
void prefer_large_pages(void* memory, size_t bytes);

}  // namespace heed
