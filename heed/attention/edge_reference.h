// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/edge_inputs.h"

namespace heed::attention {

/// Attention along edges in plain tensor operations on [edges, heads, head_dim], with libtorch's own gradients: differentiable any
/// number of times, on every device. Half types are computed in float32.
Result edge_reference(const EdgeInputs& inputs);
/// Weights before dropout, [edges, heads].
at::Tensor edge_reference_weights(const EdgeInputs& inputs);

/// The same with gradients written out, for the operator where heed has no kernels.
EdgeGradients edge_formula_backward(const at::Tensor& output_grad, const EdgeInputs& inputs);

}  // namespace heed::attention
