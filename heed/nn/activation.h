// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// "relu" (Vaswani et al. 2017) or "gelu" (Hendrycks and Gimpel 2016, arXiv:1606.08415; exact form). Like
/// those below, a number's bits do not depend on where it stands, outside training on the CPU in float32.
at::Tensor activate(const at::Tensor& x, const std::string& name);
const std::vector<std::string>& activation_names();

/// Outside training, on the CPU in float32, a number's bits do not depend on where it stands in what follows;
/// else they are libtorch's.
at::Tensor row_tanh(const at::Tensor& input);
at::Tensor row_elu(const at::Tensor& input);
/// The gated linear unit of Dauphin et al. 2016, arXiv:1612.08083: [..., 2 n] -> [..., n], the first half
/// times the sigmoid of the second.
at::Tensor row_glu(const at::Tensor& input);
/// tanh of the first half times the sigmoid of the second, as in van den Oord et al. 2016, arXiv:1606.05328.
at::Tensor row_gated_tanh(const at::Tensor& input);

}  // namespace heed::nn
