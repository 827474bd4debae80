// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "heed/nn/device_kernel.h"
#include "heed/nn/packed_weight.h"

namespace heed::nn {

/// Cross-entropy in nats of the classes that an output layer predicts, summed over rows, without ever holding
/// all logits: rows pass in slices of a few megabytes, each becoming its share of the gradients before the
/// next is made. The idea of Wijmans et al. 2024, Cut Your Losses, arXiv:2411.09009, with the slices along
/// the rows alone.
///
/// hidden           [rows, in]; float32 on the CPU, the only device that has a kernel
/// weight, bias     [classes, in], [classes] or undefined: logits are hidden weight^T + bias
/// target           [rows] int64, each below classes
/// label_smoothing  of the target that is spread over all classes (Szegedy et al. 2016)
/// packed           where the caller keeps the weight's packed form, of any WeightType; used where no
///                  gradient is made
/// returns          a scalar
///
/// Differentiable once. The gradients are made on the way forward, while grad mode is on. Memory: those, and
/// slices of 8 MB or 256 rows, whichever is more.
at::Tensor linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& bias,
                                const at::Tensor& target, double label_smoothing,
                                PackedWeight* packed = nullptr);

/// Whether linear_cross_entropy supports this: there is a kernel, and no autocast.
bool takes_linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight);

/// The sum of the losses of logits [rows, classes], contiguous, with target [rows] int64. `gradient`: writes
/// the gradient of that sum over the logits.
inline constinit DeviceKernel<double(const at::Tensor& logits, const at::Tensor& target,
                                     double label_smoothing, bool gradient)>
    cross_entropy_kernel;

}  // namespace heed::nn
