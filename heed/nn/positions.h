// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// Sinusoidal position encoding, Vaswani et al. 2017, arXiv:1706.03762, section 3.5: even columns sin, odd
/// columns cos of position / 10000^(column pair / (d_model / 2)).
///
/// positions  any shape, int64, any size
/// returns    [positions..., d_model] float32 on the device of positions
/// Throws c10::Error if d_model is odd.
at::Tensor sinusoidal_positions(const at::Tensor& positions, int64_t d_model);

}  // namespace heed::nn
