// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "heed/core/error.h"

namespace heed {

/// Makes the process keep freed memory for reuse. A step of training or decoding frees and allocates the same
/// large blocks each time, and the system would clear all their pages again. Does nothing if the C library is
/// not glibc.
void keep_freed_memory();

/// Asks the system for 2 MB pages where they fit into the memory. Memory that is read from end to end
/// repeatedly then needs few entries of the processor's page tables. Costs a system call; has no effect if
/// refused.
void prefer_large_pages(void* memory, size_t bytes);

/// Bytes that this process can still use: the least of what the machine has free (swap and memory that the process
/// keeps for reuse included), what its control group allows, and what `ulimit -v` leaves. Infinite when unknown.
/// Takes about 50 microseconds.
double available_memory();

/// Memory that is not there. The message says how much was asked for and how much there is.
class OutOfMemory : public Error {
 public:
  /// `purpose` such as "the weights of the model"; empty: not said.
  OutOfMemory(double bytes, double available, const std::string& purpose = "");
};

/// Throws OutOfMemory if fewer than `bytes` are available.
void expect_memory(double bytes, const std::string& purpose = "");

/// "8.6 GB", in powers of ten.
std::string format_bytes(double bytes);

}  // namespace heed
