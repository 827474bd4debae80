// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/activation_kernels.h"
#include "heed/kernels/simd.h"
#include "heed/kernels/sru.h"

/// sru.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// The gates of `count` numbers of a row at one step.
struct SruGates {
  Floats before, value, forget, reset;

  SruGates(const SruProblem& p, const float* products, const float* before_cell, int64_t j, int count)
      : before(load_some(before_cell + j, count)), value(load_some(products + j, count)) {
    const auto gate = [&](const float* product, const float* weight, const float* bias) {
      return sigmoid(load_some(product + j, count) + load_some(weight + j, count) * before +
                     load_some(bias + j, count));
    };
    forget = gate(products + p.width, p.forget_weight, p.forget_bias);
    reset = gate(products + 2 * p.width, p.reset_weight, p.reset_bias);
  }
};

/// Where a row's numbers of step t lie.
struct SruPlace {
  int64_t at, row;
  const float *products, *before;

  SruPlace(const SruProblem& p, int64_t t, int64_t r)
      : at((t * p.rows + r) * p.width),
        row(r * p.width),
        products(p.products + 3 * at),
        before(t > 0 ? p.cells + at - p.rows * p.width : p.begin + row) {}
};

/// Steps outside, rows inside: memory is read in its order, and the cells before stay in the cache.
inline void sru_forward(const SruProblem& p, int64_t begin, int64_t end) noexcept {
  const Floats one = splat(1.0f);
  for (int64_t t = 0; t < p.length; ++t) {
    for (int64_t r = begin; r < end; ++r) {
      const SruPlace place(p, t, r);
      for_vectors(p.width, [&](int64_t j, int count) {
        const SruGates g(p, place.products, place.before, j, count);
        const Floats cell = g.forget * g.before + (one - g.forget) * g.value;
        const Floats kept = p.keep ? cell * load_some(p.keep + place.row + j, count) : cell;
        const Floats x = load_some(p.input + place.at + j, count);
        store_some(p.cells + place.at + j, cell, count);
        store_some(p.output + place.at + j, g.reset * kept + (one - g.reset) * x, count);
      });
    }
  }
}

inline void sru_backward_step(const SruGradient& p, const SruPlace& place, int64_t j, int count) noexcept {
  const SruProblem& f = p.forward;
  const Floats one = splat(1.0f);
  const SruGates g(f, place.products, place.before, j, count);
  const Floats keep = f.keep ? load_some(f.keep + place.row + j, count) : one;
  const Floats cell = load_some(f.cells + place.at + j, count), x = load_some(f.input + place.at + j, count),
               output_grad = load_some(p.output_grad + place.at + j, count);
  Floats cell_grad = load_some(p.begin_grad + place.row + j, count) + output_grad * g.reset * keep;
  if (p.cells_grad) cell_grad += load_some(p.cells_grad + place.at + j, count);
  const Floats reset_grad = output_grad * (cell * keep - x) * g.reset * (one - g.reset);
  const Floats forget_grad = cell_grad * (g.before - g.value) * g.forget * (one - g.forget);
  float* to = p.products_grad + 3 * place.at + j;
  store_some(to, cell_grad * (one - g.forget), count);
  store_some(to + f.width, forget_grad, count);
  store_some(to + 2 * f.width, reset_grad, count);
  store_some(p.input_grad + place.at + j, output_grad * (one - g.reset), count);
  store_some(p.begin_grad + place.row + j,
             cell_grad * g.forget + forget_grad * load_some(f.forget_weight + j, count) +
                 reset_grad * load_some(f.reset_weight + j, count),
             count);
  float* sums = p.vectors_grad + 4 * place.row + j;
  const auto add = [&](int64_t n, Floats more) {
    store_some(sums + n * f.width, load_some(sums + n * f.width, count) + more, count);
  };
  add(0, forget_grad * g.before);
  add(1, reset_grad * g.before);
  add(2, forget_grad);
  add(3, reset_grad);
}

inline void sru_backward(const SruGradient& p, int64_t begin, int64_t end) noexcept {
  for (int64_t t = p.forward.length; t-- > 0;) {
    for (int64_t r = begin; r < end; ++r) {
      const SruPlace place(p.forward, t, r);
      for_vectors(p.forward.width, [&](int64_t j, int count) { sru_backward_step(p, place, j, count); });
    }
  }
}

constexpr SruKernels sru_kernels() {
  return {sru_forward, sru_backward};
}

}  // namespace
}  // namespace heed::kernels
