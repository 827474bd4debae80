// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Softmax cross-entropy of rows of logits, and its gradient in place of the logits.
namespace heed::kernels {

/// For a row z of `classes` numbers with target t and smoothing e (Szegedy et al. 2016):
///   loss = ln sum_j e^{z_j} - (1 - e) z_t - e mean(z) = ln(total) + rest.
/// The caller takes the logarithm. A row with a NaN or an infinity has a `rest` that is not finite.
struct CrossEntropyProblem {
  int64_t classes = 0;
  float smoothing = 0;
  bool gradient = false;            ///< write d loss / d z over z
  float* logits = nullptr;          ///< [rows, classes]
  const int64_t* target = nullptr;  ///< [rows]
  float* total = nullptr;           ///< [rows], at least 1
  float* rest = nullptr;            ///< [rows]
};

/// Rows begin..end on the calling thread. A row's bits depend on that row alone.
struct CrossEntropyKernels {
  void (*run)(const CrossEntropyProblem&, int64_t begin, int64_t end) noexcept;
};

}  // namespace heed::kernels
