// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "heed/kernels/int8_gemm.h"

/// Products of float32 rows with weights of 8 bits on the CPU (heed/kernels/int8_gemm.h), on every thread
/// that libtorch has. A row's bits depend on that row alone. No gradient; arguments are trusted.
namespace heed::nn {

/// A weight [out, in], each of its rows on 255 levels up to its own largest number. A quarter of the memory.
struct Int8Weight {
  at::Tensor packed;  ///< int8, as the kernels read it
  at::Tensor scale;   ///< float32, of each row of the weight
  at::Tensor offset;  ///< int32, what raising the input's levels adds to each output
  int64_t out = 0, in = 0;
};
Int8Weight quantize_weight(const at::Tensor& weight);

/// left [rows, in] weight^T + bias, left's rows on 127 levels of their own scale: [rows, out]; bias [out] or
/// undefined. A row with a NaN or an infinity has none but such.
at::Tensor int8_product(const at::Tensor& left, const Int8Weight& weight, const at::Tensor& bias);

/// The kernels' form of a product, less its rows. bias [out], optional; result [rows, out].
kernels::Int8Problem int8_problem(const Int8Weight& weight, const float* bias, float* result);

}  // namespace heed::nn
