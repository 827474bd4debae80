// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/radial_functions.h"

#include <cmath>

#include <ATen/ops/linspace.h>

namespace heed::nn {

RadialFunctions::RadialFunctions(int64_t count, double longest)
    : centers_(at::linspace(std::exp(-longest), 1, count)),
      width_(2.0 / static_cast<double>(count) * (1 - std::exp(-longest))) {}

at::Tensor RadialFunctions::operator()(const at::Tensor& distance) const {
  const at::Tensor offset = (-distance).exp().unsqueeze(1) - centers_.to(distance.device());
  return offset.square().mul(-1 / (width_ * width_)).exp();
}

}  // namespace heed::nn
