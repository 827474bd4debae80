// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

namespace heed {

/// Largest absolute difference, in float64; NaN if either has one. Equal infinities differ by 0, empty tensors too.
inline double difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.numel() == 0) return 0;
  const at::Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
  return at::where(x.eq(y), at::zeros_like(x), (x - y).abs()).max().item<double>();
}

}  // namespace heed
