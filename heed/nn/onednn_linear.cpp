// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/onednn_linear.h"

#include <optional>

#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>

namespace heed::nn {

at::Tensor onednn_linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  using Scalars = c10::List<std::optional<at::Scalar>>;
  using Linear = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                            c10::string_view, Scalars, std::optional<c10::string_view>);
  static const auto linear =
      c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "").typed<Linear>();
  const std::optional<at::Tensor> maybe_bias = bias.defined() ? std::optional(bias) : std::nullopt;
  return linear.call(input, weight, maybe_bias, "none", Scalars(), "");
}

}  // namespace heed::nn
