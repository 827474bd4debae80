// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Activations whose bits do not depend on the index of a number in its tensor.
namespace heed::kernels {

/// On the calling thread, for rows begin..end.
struct ActivationKernels {
  /// to[i] = tanh(from[i]); contiguous rows of `count` numbers.
  void (*tanh)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
  /// to[i] = from[i] Phi(from[i]) with the normal distribution Phi (Hendrycks and Gimpel 2016), within
  /// 2e-7 |from|.
  void (*gelu)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
  /// to[i] = from[i] (1 + tanh(sqrt(2 / pi) (from[i] + 0.044715 from[i]^3))) / 2, the same function's approximation by
  /// tanh, within 4e-7 |from|.
  void (*gelu_tanh)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
  /// to[i] = from[i] sigmoid(from[count + i]); rows of 2 * count numbers become rows of `count`.
  void (*glu)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
  /// to[i] = tanh(from[i]) sigmoid(from[count + i]), shaped as glu.
  void (*gated_tanh)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
  /// to[i] = max(from[i], 0).
  void (*relu)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
  /// to[i] = from[i] > 0 ? from[i] : e^from[i] - 1 (Clevert et al. 2015, arXiv:1511.07289).
  void (*elu)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
};

}  // namespace heed::kernels
