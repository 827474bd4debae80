// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Activations whose bits do not depend on where in a tensor a number stands.
namespace heed::kernels {

/// On the calling thread, for rows begin..end.
struct ActivationKernels {
  /// to[i] = tanh(from[i]); rows of `count` numbers one after the other.
  void (*tanh)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
  /// to[i] = from[i] Phi(from[i]), Phi the normal distribution (Hendrycks and Gimpel 2016), within 2e-7
  /// |from|.
  void (*gelu)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
  /// to[i] = from[i] sigmoid(from[count + i]); rows of 2 * count numbers become rows of `count`.
  void (*glu)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
  /// to[i] = tanh(from[i]) sigmoid(from[count + i]), shaped as glu.
  void (*gated_tanh)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
  /// to[i] = max(from[i], 0).
  void (*relu)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
  /// to[i] = from[i] where that is above 0, else e^from[i] - 1 (Clevert et al. 2015, arXiv:1511.07289).
  void (*elu)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;
};

}  // namespace heed::kernels
