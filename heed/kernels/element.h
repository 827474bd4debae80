// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace heed::kernels {

/// The type of inputs and outputs; every sum is in float32.
enum class Element : uint8_t { kFloat, kBfloat16 };

/// Rows of numbers: row i begins i * stride elements after data; the numbers of a row are contiguous.
struct Rows {
  void* data = nullptr;
  int64_t stride = 0;
};

}  // namespace heed::kernels
