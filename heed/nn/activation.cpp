// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/activation.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/glu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tanh.h>

#include "heed/core/names.h"

namespace heed::nn {
namespace {

void check_halves(const char* name, const at::Tensor& input) {
  TORCH_CHECK(input.size(-1) % 2 == 0, "[", name, "] needs an even width, got ", input.size(-1));
}

bool is_activation(const std::string& name) {
  const auto& names = activation_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

at::Tensor activate(const at::Tensor& x, const std::string& name) {
  TORCH_CHECK(is_activation(name), "[activation] must be ", comma_list(activation_names()), ", got ", name);
  const bool relu = name == "relu", exact = name == "gelu";
  const auto& kernels = relu ? relu_kernel : exact ? gelu_kernel : gelu_tanh_kernel;
  if (const auto kernel = kernels.find_for_inference(x)) return kernel(x);
  return relu ? at::relu(x) : at::gelu(x, exact ? "none" : "tanh");
}

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names{"relu", "gelu", "gelu_tanh"};
  return names;
}

at::Tensor row_tanh(const at::Tensor& input) {
  const auto kernel = tanh_kernel.find_for_inference(input);
  return kernel ? kernel(input) : at::tanh(input);
}

at::Tensor row_elu(const at::Tensor& input) {
  const auto kernel = elu_kernel.find_for_inference(input);
  return kernel ? kernel(input) : at::elu(input);
}

at::Tensor row_gated_tanh(const at::Tensor& input) {
  check_halves("gated_tanh", input);
  if (const auto kernel = gated_tanh_kernel.find_for_inference(input)) return kernel(input);
  const auto halves = input.chunk(2, -1);
  return halves[0].tanh() * halves[1].sigmoid();
}

at::Tensor row_glu(const at::Tensor& input) {
  check_halves("glu", input);
  const auto kernel = glu_kernel.find_for_inference(input);
  return kernel ? kernel(input) : at::glu(input, -1);
}

}  // namespace heed::nn
