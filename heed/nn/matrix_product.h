// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

/// Products of float32 matrices on the CPU by heed's own kernels (heed/kernels/gemm.h), on every thread that
/// libtorch has. An element's bits depend on its row, its column and the depth alone: not on the rows and
/// columns beside it, nor on the number of threads. No gradient; arguments are trusted.
namespace heed::nn {

/// left [rows, depth] times right [depth, columns], any strides, no size of 0; bias [columns] or undefined.
/// The right operand is packed by slices of 2 MB at most: extra memory.
at::Tensor matrix_product(const at::Tensor& left, const at::Tensor& right, const at::Tensor& bias);

/// `right` [depth, columns] as the kernels read it, in float32 or rounded to bfloat16 (to nearest, ties to
/// even); columns rounded up to a multiple of 16, of 32 in bfloat16.
at::Tensor pack_matrix(const at::Tensor& right, at::ScalarType type = at::kFloat);

/// left times what pack_matrix returned. In float32 the same bits as matrix_product. In bfloat16 products and
/// sums are float32: of left's numbers rounded to bfloat16 too where the instruction set multiplies pairs of
/// bfloat16, else of the packed ones widened in registers.
at::Tensor packed_product(const at::Tensor& left, const at::Tensor& packed, int64_t columns,
                          const at::Tensor& bias);

/// The sum of each column of a float32 matrix on the CPU, [rows, columns] -> [columns]: the gradient of a
/// bias. The same bits on any number of threads.
at::Tensor column_sums(const at::Tensor& matrix);

}  // namespace heed::nn
