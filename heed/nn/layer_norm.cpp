// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/layer_norm.h"

namespace heed::nn {
namespace {

bool same_kind(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.device() == b.device();
}

/// Whether the kernels support this norm of the last dimension.
bool fits(const at::Tensor& input, const torch::nn::LayerNormImpl& norm) {
  return norm.weight.defined() && norm.bias.defined() && same_kind(norm.weight, input) &&
         norm.options.normalized_shape().size() == 1 && input.dim() > 0 &&
         input.size(-1) == norm.weight.size(0);
}

LayerNormWeights weights_of(const torch::nn::LayerNormImpl& norm) {
  return {norm.weight, norm.bias, norm.options.eps()};
}

}  // namespace

at::Tensor layer_norm(const at::Tensor& input, torch::nn::LayerNorm& norm) {
  const auto kernel = layer_norm_kernel.find_for_inference(input);
  return kernel && fits(input, *norm) ? kernel(input, weights_of(*norm)) : norm->forward(input);
}

Normed add_layer_norm(const at::Tensor& residual, const at::Tensor& input, torch::nn::LayerNorm& norm) {
  const auto kernel = add_layer_norm_kernel.find_for_inference(residual);
  if (kernel && fits(residual, *norm) && residual.sizes() == input.sizes() && same_kind(residual, input)) {
    return kernel(residual, input, weights_of(*norm));
  }
  const at::Tensor sum = residual + input;
  return {sum, norm->forward(sum)};
}

}  // namespace heed::nn
