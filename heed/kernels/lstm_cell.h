// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The part of a long short-term memory that is not a matrix product: gates and cells of one step. Hochreiter
/// and Schmidhuber 1997, with forget gates (Gers et al. 2000).
namespace heed::kernels {

/// c' = sigmoid(f) c + sigmoid(i) tanh(g), h = sigmoid(o) tanh(c') for rows begin..end. Gates are in
/// PyTorch's order i, f, g, o, `hidden` numbers each.
struct LstmCell {
  int64_t hidden = 0;
  const float* gates = nullptr;  ///< [rows, 4 * hidden] before their activations
  const float* added = nullptr;  ///< [rows, 4 * hidden] added to gates; optional
  const float* cell = nullptr;   ///< [rows, hidden]
  float* new_cell = nullptr;     ///< [rows, hidden]
  float* output = nullptr;       ///< [rows, hidden]
  /// [rows, 4 * hidden] gates after their activations, for the backward pass; optional.
  float* activated = nullptr;
};

/// Gradients of the gates before their activations and of `cell`.
struct LstmCellGradient {
  int64_t hidden = 0;
  const float* activated = nullptr;      ///< [rows, 4 * hidden]
  const float* cell = nullptr;           ///< [rows, hidden]
  const float* new_cell = nullptr;       ///< [rows, hidden]
  const float* output_grad = nullptr;    ///< [rows, hidden]
  const float* new_cell_grad = nullptr;  ///< [rows, hidden]
  float* gates_grad = nullptr;           ///< [rows, 4 * hidden]
  float* cell_grad = nullptr;            ///< [rows, hidden], may be new_cell_grad
};

/// On the calling thread. A row's bits depend on that row alone.
struct LstmKernels {
  void (*forward)(const LstmCell&, int64_t begin, int64_t end) noexcept;
  void (*backward)(const LstmCellGradient&, int64_t begin, int64_t end) noexcept;
};

}  // namespace heed::kernels
