// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/causal_convolution.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

namespace heed::nn {
namespace {

at::Tensor groups(int64_t features, int64_t channels) {
  return (at::arange(features, at::kLong) * channels).div(features, "floor");
}

/// [out, size * in]: 0 where the mask hides an input of the pixel itself, the last in the kernel.
at::Tensor keep_mask(const CausalConvolutionOptions& options) {
  const ChannelMask& mask = options.mask;
  const at::Tensor to = groups(options.out / mask.parts, mask.channels).repeat({mask.parts}).unsqueeze(1);
  const at::Tensor from = groups(options.in, mask.channels).unsqueeze(0);
  at::Tensor keep = at::ones({options.out, options.kernel.size() * options.in});
  keep.narrow(1, keep.size(1) - options.in, options.in).copy_(mask.own ? from <= to : from < to);
  return keep;
}

bool hides(const ChannelMask& mask) {
  return mask.channels > 1 || !mask.own;
}

void check(const CausalConvolutionOptions& options) {
  const CausalKernel& kernel = options.kernel;
  TORCH_CHECK(
      options.in > 0 && options.out > 0 && options.out % options.mask.parts == 0,
      "[causal_convolution] in and out must be positive, and out a multiple of the mask's parts, got ",
      at::IntArrayRef{options.in, options.out, options.mask.parts});
  TORCH_CHECK(
      kernel.rows() > 0 && kernel.columns() > 0 && kernel.first_column <= 0 && kernel.last_column >= -1 &&
          (kernel.last_row == -1 || kernel.last_row == 0),
      "[causal_convolution] a kernel must end in its pixel's row or the row above, and at most one column to "
      "the left, got rows ",
      kernel.first_row, " to ", kernel.last_row, ", columns ", kernel.first_column, " to ",
      kernel.last_column);
  TORCH_CHECK(!hides(options.mask) || kernel.ends_at_pixel(),
              "[causal_convolution] a channel mask needs a kernel that ends at the pixel itself");
}

}  // namespace

CausalConvolutionImpl::CausalConvolutionImpl(const CausalConvolutionOptions& options) : options_(options) {
  check(options);
  const int64_t inputs = options.kernel.size() * options.in;
  linear_ = register_module("linear", Linear(inputs, options.out));
  torch::nn::init::normal_(linear_->weight, 0.0, options.gain / std::sqrt(static_cast<double>(inputs)));
  torch::nn::init::zeros_(linear_->bias);
  if (hides(options.mask)) keep_mask_ = register_buffer("keep_mask", keep_mask(options));
}

at::Tensor CausalConvolutionImpl::weight() const {
  return keep_mask_.defined() ? linear_->weight * keep_mask_ : linear_->weight;
}

/// [..., size * in] -> [..., out]
at::Tensor CausalConvolutionImpl::product(const at::Tensor& windows) {
  return keep_mask_.defined() ? linear(windows, weight(), linear_->bias) : linear_->forward(windows);
}

at::Tensor CausalConvolutionImpl::forward(const at::Tensor& input) {
  if (options_.kernel.is_pixel()) return product(input);
  const CausalKernel& kernel = options_.kernel;
  // A negative margin cuts off the last row or column, which only later pixels would see.
  const at::Tensor padded = at::constant_pad_nd(
      input, {0, 0, -kernel.first_column, kernel.last_column, -kernel.first_row, kernel.last_row});
  const at::Tensor filters =
      weight().view({options_.out, kernel.rows(), kernel.columns(), options_.in}).permute({0, 3, 1, 2});
  return at::conv2d(padded.permute({0, 3, 1, 2}), filters, linear_->bias).permute({0, 2, 3, 1});
}

at::Tensor CausalConvolutionImpl::make_cache(int64_t batch, int64_t height, int64_t width) const {
  if (options_.kernel.is_pixel()) return {};
  const CausalKernel& kernel = options_.kernel;
  const int64_t columns = width - kernel.first_column + std::max<int64_t>(kernel.last_column, 0);
  return at::zeros({batch, height - kernel.first_row, columns, options_.in},
                   linear_->weight.options().requires_grad(false));
}

void CausalConvolutionImpl::write(const at::Tensor& input, const PixelArea& area, at::Tensor& cache) const {
  cache.narrow(1, area.row - options_.kernel.first_row, area.height)
      .narrow(2, area.column - options_.kernel.first_column, area.width)
      .copy_(input);
}

at::Tensor CausalConvolutionImpl::read(const PixelArea& area, const at::Tensor& cache) {
  std::vector<at::Tensor> seen;
  for (int64_t row = 0; row < options_.kernel.rows(); ++row) {
    for (int64_t column = 0; column < options_.kernel.columns(); ++column) {
      seen.push_back(
          cache.narrow(1, area.row + row, area.height).narrow(2, area.column + column, area.width));
    }
  }
  return product(at::cat(seen, 3));
}

at::Tensor CausalConvolutionImpl::step(const at::Tensor& input, const PixelArea& area, at::Tensor& cache) {
  if (options_.kernel.is_pixel()) return product(input);
  write(input, area, cache);
  return read(area, cache);
}

}  // namespace heed::nn
