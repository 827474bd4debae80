// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/gated_residual.h"

#include <cmath>

#include <torch/nn/init.h>

#include "heed/nn/activation.h"
#include "heed/nn/raster_state.h"

namespace heed::nn {
namespace {

/// Gates that start small make a deep stack start near the identity.
constexpr double kGateGain = 0.3;

Linear side_input(int64_t in, int64_t out, double gain) {
  Linear linear(LinearOptions(in, out).bias(false));
  torch::nn::init::normal_(linear->weight, 0.0, gain / std::sqrt(static_cast<double>(in)));
  return linear;
}

}  // namespace

GatedResidualImpl::GatedResidualImpl(const GatedResidualOptions& options) {
  const int64_t width = options.width;
  const auto convolution = [&](int64_t out, double gain) {
    return CausalConvolution(CausalConvolutionOptions{width, out, options.kernel, {}, gain});
  };
  first_ = register_module("first", convolution(width, 1));
  second_ = register_module("second", convolution(2 * width, kGateGain));
  if (options.auxiliary > 0)
    auxiliary_ = register_module("auxiliary", side_input(options.auxiliary, width, 1));
  if (options.context > 0)
    context_ = register_module("context", side_input(options.context, 2 * width, kGateGain));
  dropout_ = register_module("dropout", Dropout(options.dropout));
}

at::Tensor GatedResidualImpl::join(const at::Tensor& input, const at::Tensor& auxiliary,
                                   const at::Tensor& added, const Convolve& first, const Convolve& second) {
  at::Tensor x = first(row_elu(input));
  if (auxiliary_) x = x + auxiliary_->forward(row_elu(auxiliary));
  x = second(dropout_->forward(row_elu(x)));
  if (added.defined()) x = x + added;
  return input + row_glu(x);
}

at::Tensor GatedResidualImpl::forward(const at::Tensor& input, const at::Tensor& auxiliary,
                                      const at::Tensor& context) {
  return join(
      input, auxiliary, context_ ? context_->forward(context) : at::Tensor(),
      [this](const at::Tensor& x) { return first_->forward(x); },
      [this](const at::Tensor& x) { return second_->forward(x); });
}

GatedResidualImpl::Cache GatedResidualImpl::make_cache(int64_t batch, int64_t height, int64_t width,
                                                       const at::Tensor& context) {
  return {first_->make_cache(batch, height, width), second_->make_cache(batch, height, width),
          context_ ? context_->forward(context) : at::Tensor()};
}

at::Tensor GatedResidualImpl::step(const at::Tensor& input, const at::Tensor& auxiliary,
                                   const PixelArea& area, Cache& cache) {
  return join(
      input, auxiliary, cache.context.defined() ? part_of(cache.context, area) : at::Tensor(),
      [&](const at::Tensor& x) { return first_->step(x, area, cache.first); },
      [&](const at::Tensor& x) { return second_->step(x, area, cache.second); });
}

}  // namespace heed::nn
