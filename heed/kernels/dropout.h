// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Dropout by the counter-based generator of dropout_hash.h: nothing is stored for the backward pass, and any
/// order of work drops the same elements.
namespace heed::kernels {

/// Attention weights are dropped by a function of (seed, query row, key row) and the others scaled by 1 /
/// keep.
struct Dropout {
  uint32_t threshold = 0;  ///< dropped when the hash is below; 0: none
  float scale = 1;         ///< 1 / (1 - p)
  uint64_t seed = 0;       ///< of this batch element and head
};

/// Activations. Elements begin..end: to[i] = (i is kept ? scale * from[i] : 0) + (add ? add[i] : 0). Element
/// i is dropped when dropout_hash(i, key) is below threshold.
struct DropoutProblem {
  const float* from = nullptr;
  const float* add = nullptr;  ///< optional
  float* to = nullptr;         ///< may be from or add
  uint32_t key = 0, threshold = 0;
  float scale = 1;
};

/// On the calling thread.
struct DropoutKernels {
  void (*apply)(const DropoutProblem&, int64_t begin, int64_t end) noexcept;
};

}  // namespace heed::kernels
