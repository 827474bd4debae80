// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace heed {

/// From now on freed memory stays with the process and is given out again: a step of training or decoding
/// frees and takes the same large blocks each time, and the system would clear every page of them anew. Does
/// nothing where the C library is not glibc.
void keep_freed_memory();

/// Asks the system for pages of 2 MB where whole ones fit into the memory: what is read from end to end, time
/// and again, then needs few entries of the processor's page tables. Costs a system call; nothing where it is
/// refused.
void prefer_large_pages(void* memory, size_t bytes);

}  // namespace heed
