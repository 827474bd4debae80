// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// "relu" (Vaswani et al. 2017) or "gelu" (Hendrycks and Gimpel 2016, arXiv:1606.08415; exact form).
at::Tensor activate(const at::Tensor& x, const std::string& name);
const std::vector<std::string>& activation_names();

}  // namespace heed::nn
