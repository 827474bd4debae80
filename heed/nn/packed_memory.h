// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// Memory for packed weights, [count] of that type on the CPU, not initialised. On Linux it comes from large
/// pages where the system has some (transparent huge pages): decoding reads every weight once a step, and
/// then waits less for addresses. Weights share chunks of 32 MB, and a chunk goes back to the system when
/// none of its weights is left.
at::Tensor packed_memory(int64_t count, at::ScalarType type);

}  // namespace heed::nn
