// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The recurrence of simple recurrent units, all steps in one call: Lei et al. 2018, arXiv:1709.02755.
namespace heed::kernels {

/// For step t, each number of a row on its own, with c before the first step from `begin`:
///   f = sigmoid(u1 + forget_weight * c[t-1] + forget_bias)
///   r = sigmoid(u2 + reset_weight * c[t-1] + reset_bias)
///   c[t] = f * c[t-1] + (1 - f) * u0
///   h[t] = r * keep * c[t] + (1 - r) * x[t]
/// Tensors of steps are [length, rows, width]; `products` has u0, u1, u2 side by side, [length, rows, 3 * width].
struct SruProblem {
  int64_t length = 0, rows = 0, width = 0;
  const float* products = nullptr;
  const float* input = nullptr;  ///< x
  const float* begin = nullptr;  ///< [rows, width]
  const float *forget_weight = nullptr, *reset_weight = nullptr, *forget_bias = nullptr,
              *reset_bias = nullptr;  ///< [width] each
  const float* keep = nullptr;        ///< [rows, width] factors of c in the output; optional: 1
  float* cells = nullptr;             ///< c; read by the backward pass
  float* output = nullptr;            ///< h
};

/// The backward pass. Gradients of the four vectors are kept apart by row, so that threads may share the rows and
/// their sum does not depend on how.
struct SruGradient {
  SruProblem forward;
  const float* output_grad = nullptr;  ///< [length, rows, width]
  const float* cells_grad = nullptr;   ///< [length, rows, width]; optional
  float* products_grad = nullptr;      ///< [length, rows, 3 * width]
  float* input_grad = nullptr;         ///< [length, rows, width]
  float* begin_grad =
      nullptr;  ///< [rows, width]; holds the cell's gradient while steps run, begins with zeros
  float* vectors_grad = nullptr;  ///< [rows, 4, width] in the order above; begins with zeros
};

/// Rows begin..end on the calling thread. A row's bits depend on that row alone.
struct SruKernels {
  void (*forward)(const SruProblem&, int64_t begin, int64_t end) noexcept;
  void (*backward)(const SruGradient&, int64_t begin, int64_t end) noexcept;
};

}  // namespace heed::kernels
