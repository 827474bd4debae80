// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/activation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/glu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tanh.h>

namespace heed::nn {
namespace {

void check_halves(const char* name, const at::Tensor& input) {
  TORCH_CHECK(input.size(-1) % 2 == 0, "[", name, "] needs an even width, got ", input.size(-1));
}

}  // namespace

at::Tensor activate(const at::Tensor& x, const std::string& name) {
  TORCH_CHECK(name == "relu" || name == "gelu", "[activation] must be relu or gelu, got ", name);
  const bool relu = name == "relu";
  const auto kernel = (relu ? relu_kernel : gelu_kernel).find_for_inference(x);
  if (kernel) return kernel(x);
  return relu ? at::relu(x) : at::gelu(x);
}

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names{"relu", "gelu"};
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
