// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace heed::nn {

/// From now on a tensor on the CPU of 16 MB or more is an OutOfMemory error (core/memory.h) if the memory for it is not
/// there: the machine may promise more than it has and end the process when the pages are used. So is a smaller one, now
/// and then, when nearly all memory is used. For programs, once, before tensors are made; calls after the first do nothing.
void check_tensor_memory();

}  // namespace heed::nn
