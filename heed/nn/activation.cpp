// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/activation.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/relu.h>

namespace heed::nn {

at::Tensor activate(const at::Tensor& x, const std::string& name) {
  if (name == "relu") return at::relu(x);
  TORCH_CHECK(name == "gelu", "[activation] must be relu or gelu, got ", name);
  return at::gelu(x);
}

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names{"relu", "gelu"};
  return names;
}

}  // namespace heed::nn
