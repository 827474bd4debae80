// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/positions.h"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/stack.h>

namespace heed::nn {

at::Tensor sinusoidal_positions(const at::Tensor& positions, int64_t d_model) {
  TORCH_CHECK(d_model % 2 == 0, "[sinusoidal_positions] d_model must be even, got ", d_model);
  const auto options = positions.options().dtype(at::kFloat);
  const at::Tensor frequency =
      at::exp(at::arange(0, d_model, 2, options) * (-std::log(10000.0) / static_cast<double>(d_model)));
  const at::Tensor angle = positions.to(at::kFloat).unsqueeze(-1) * frequency;  // [..., d_model / 2]
  return at::stack({angle.sin(), angle.cos()}, -1).flatten(-2);                 // [..., d_model]
}

}  // namespace heed::nn
