// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace heed {

/// From now on freed memory stays with the process and is given out again: a step of training or decoding
/// frees and takes the same large blocks each time, and the system would clear every page of them anew. Does
/// nothing where the C library is not glibc.
void keep_freed_memory();

}  // namespace heed
