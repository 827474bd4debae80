// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/activation.h"
#include "heed/kernels/simd.h"

/// activation.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// x within the range where e^x is a normal number; x beyond it would give the same results here.
inline Floats bounded(Floats x) {
  x = x > splat(87.0f) ? splat(87.0f) : x;
  return x < splat(-87.0f) ? splat(-87.0f) : x;
}

inline Floats sigmoid(Floats x) {
  return splat(1.0f) / (splat(1.0f) + exponential(bounded(-x)));
}

/// Within 2e-7 of tanh.
inline Floats hyperbolic_tangent(Floats x) {
  const Floats e = exponential(bounded(x + x));
  return (e - splat(1.0f)) / (e + splat(1.0f));
}

inline void tanh_rows(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) {
    for_vectors(count, [&](int64_t j, int some) {
      store_some(to + row * count + j, hyperbolic_tangent(load_some(from + row * count + j, some)), some);
    });
  }
}

/// Within 2e-7 of the normal distribution's integral up to x: Abramowitz and Stegun 1964, 7.1.26.
inline Floats normal_integral(Floats x) {
  const Floats one = splat(1.0f), size = x < Floats{} ? -x : x;
  const Floats z = size * splat(0.70710678118654752f);
  const Floats t = one / (one + splat(0.3275911f) * z);
  Floats p = splat(1.061405429f);
  p = p * t + splat(-1.453152027f);
  p = p * t + splat(1.421413741f);
  p = p * t + splat(-0.284496736f);
  p = p * t + splat(0.254829592f);
  const Floats tail = splat(0.5f) * p * t * exponential(bounded(-z * z));
  return x < Floats{} ? tail : one - tail;
}

inline void gelu_rows(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) {
    for_vectors(count, [&](int64_t j, int some) {
      const Floats x = load_some(from + row * count + j, some);
      store_some(to + row * count + j, x * normal_integral(x), some);
    });
  }
}

/// (1 + tanh(a)) / 2 is the sigmoid of 2 a; here 2 a = 2 sqrt(2 / pi) (x + 0.044715 x^3).
inline Floats gelu_tanh_gate(Floats x) {
  const Floats twice = x * (splat(1.5957691216057308f) + splat(0.07135481282553565f) * x * x);
  return twice < splat(-87.0f) ? Floats{} : sigmoid(twice);
}

inline void gelu_tanh_rows(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) {
    for_vectors(count, [&](int64_t j, int some) {
      const Floats x = load_some(from + row * count + j, some);
      store_some(to + row * count + j, x * gelu_tanh_gate(x), some);
    });
  }
}

inline void glu_rows(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) {
    const float* value = from + row * 2 * count;
    for_vectors(count, [&](int64_t j, int some) {
      const Floats gate = sigmoid(load_some(value + count + j, some));
      store_some(to + row * count + j, load_some(value + j, some) * gate, some);
    });
  }
}

inline void gated_tanh_rows(const float* from, float* to, int64_t count, int64_t begin,
                            int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) {
    const float* value = from + row * 2 * count;
    for_vectors(count, [&](int64_t j, int some) {
      const Floats gate = sigmoid(load_some(value + count + j, some));
      store_some(to + row * count + j, hyperbolic_tangent(load_some(value + j, some)) * gate, some);
    });
  }
}

inline void relu_rows(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) {
    for_vectors(count, [&](int64_t j, int some) {
      const Floats x = load_some(from + row * count + j, some);
      store_some(to + row * count + j, x < Floats{} ? Floats{} : x, some);
    });
  }
}

inline void elu_rows(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) {
    for_vectors(count, [&](int64_t j, int some) {
      const Floats x = load_some(from + row * count + j, some);
      store_some(to + row * count + j, x > Floats{} ? x : exponential(bounded(x)) - splat(1.0f), some);
    });
  }
}

constexpr ActivationKernels activation_kernels() {
  return {tanh_rows, gelu_rows, gelu_tanh_rows, glu_rows, gated_tanh_rows, relu_rows, elu_rows};
}

}  // namespace
}  // namespace heed::kernels
