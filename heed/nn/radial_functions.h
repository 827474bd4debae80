// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// A distance as smooth numbers from 0 to 1: exponential radial functions, Unke and Meuwly 2019, arXiv:1902.08408, equation 7, whose
/// centres are even in exp(-distance), so that short distances are told apart best.
class RadialFunctions {
 public:
  RadialFunctions(int64_t count, double longest);
  /// [rows] to [rows, count].
  at::Tensor operator()(const at::Tensor& distance) const;

 private:
  at::Tensor centers_;
  double width_;
};

}  // namespace heed::nn
