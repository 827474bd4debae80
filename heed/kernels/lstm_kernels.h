// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/activation_kernels.h"
#include "heed/kernels/lstm_cell.h"
#include "heed/kernels/simd.h"

/// lstm_cell.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

inline void lstm_forward(const LstmCell& p, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = row * p.hidden;
    for_vectors(p.hidden, [&](int64_t j, int count) {
      const auto gate = [&](int64_t n) {
        const int64_t place = 4 * at + n * p.hidden + j;
        const Floats x = load_some(p.gates + place, count);
        return p.added ? x + load_some(p.added + place, count) : x;
      };
      const Floats input = sigmoid(gate(0)), forget = sigmoid(gate(1)),
                   candidate = hyperbolic_tangent(gate(2)), out = sigmoid(gate(3));
      const Floats cell = forget * load_some(p.cell + at + j, count) + input * candidate;
      store_some(p.new_cell + at + j, cell, count);
      store_some(p.output + at + j, out * hyperbolic_tangent(cell), count);
      if (!p.activated) return;
      float* to = p.activated + 4 * at + j;
      store_some(to, input, count);
      store_some(to + p.hidden, forget, count);
      store_some(to + 2 * p.hidden, candidate, count);
      store_some(to + 3 * p.hidden, out, count);
    });
  }
}

inline void lstm_backward(const LstmCellGradient& p, int64_t begin, int64_t end) noexcept {
  const Floats one = splat(1.0f);
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = row * p.hidden;
    for_vectors(p.hidden, [&](int64_t j, int count) {
      const float* gates = p.activated + 4 * at + j;
      const Floats input = load_some(gates, count), forget = load_some(gates + p.hidden, count),
                   candidate = load_some(gates + 2 * p.hidden, count),
                   out = load_some(gates + 3 * p.hidden, count);
      const Floats squashed = hyperbolic_tangent(load_some(p.new_cell + at + j, count));
      const Floats output_grad = load_some(p.output_grad + at + j, count);
      const Floats cell_grad =
          load_some(p.new_cell_grad + at + j, count) + output_grad * out * (one - squashed * squashed);
      float* to = p.gates_grad + 4 * at + j;
      store_some(to, cell_grad * candidate * input * (one - input), count);
      store_some(to + p.hidden, cell_grad * load_some(p.cell + at + j, count) * forget * (one - forget),
                 count);
      store_some(to + 2 * p.hidden, cell_grad * input * (one - candidate * candidate), count);
      store_some(to + 3 * p.hidden, output_grad * squashed * out * (one - out), count);
      store_some(p.cell_grad + at + j, cell_grad * forget, count);
    });
  }
}

constexpr LstmKernels lstm_kernels() {
  return {lstm_forward, lstm_backward};
}

}  // namespace
}  // namespace heed::kernels
