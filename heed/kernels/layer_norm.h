// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Layer normalisation for inference, Ba et al. 2016, arXiv:1607.06450, with the residual before it.
namespace heed::kernels {

/// x = from + added; sum = x; to = (x - mean) / sqrt(variance + epsilon) * weight + bias, by rows of `count`.
struct LayerNormProblem {
  int64_t count = 0;
  float epsilon = 1e-5f;
  const float* from = nullptr;    ///< [rows, count]
  const float* added = nullptr;   ///< [rows, count], optional
  const float* weight = nullptr;  ///< [count]
  const float* bias = nullptr;    ///< [count]
  float* sum = nullptr;           ///< [rows, count], optional
  float* to = nullptr;            ///< [rows, count]
};

/// On the calling thread, rows begin..end. A row's bits depend on that row alone.
struct LayerNormKernels {
  void (*forward)(const LayerNormProblem&, int64_t begin, int64_t end) noexcept;
};

}  // namespace heed::kernels
