// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The next channel of a pixel, with the discretised mixture of logistics of
/// heed/nn/discretized_logistic_mixture.h, which explains the formula and the order of the parameters.
namespace heed::kernels {

struct LogisticMixtureProblem {
  /// Most components that the kernel supports.
  static constexpr int64_t kMostMixtures = 64;

  int64_t channels = 3, mixtures = 10;
  /// [rows, numbers of a component * mixtures], with row stride parameters_row.
  const float* parameters = nullptr;
  int64_t parameters_row = 0;
  const int64_t* previous = nullptr;  ///< [rows, known] values of the channels before
  int64_t known = 0;
  float* logits = nullptr;  ///< [rows, 256] ln p of each value
};

/// On the calling thread, rows begin..end. A row's bits depend on that row alone.
struct LogisticMixtureKernels {
  void (*next_channel)(const LogisticMixtureProblem&, int64_t begin, int64_t end) noexcept;
};

}  // namespace heed::kernels
