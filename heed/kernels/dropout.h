// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Dropout by the counter-based generator of dropout_hash.h: the backward pass needs no stored mask, and any
/// order of work drops the same elements.
namespace heed::kernels {

/// Dropout of attention weights: depends on (seed, query row, key row); the others are scaled by `scale`.
struct Dropout {
  uint32_t threshold = 0;  ///< a weight is dropped if its hash is below this; 0: none
  float scale = 1;         ///< 1 / (1 - p)
  uint64_t seed = 0;       ///< of this batch element and head
};

/// Dropout of activations, for elements begin..end:
///   to[i] = (i is kept ? scale * from[i] : 0) + (add ? add[i] : 0).
/// Element i is dropped if dropout_hash(i, key) is below threshold.
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
