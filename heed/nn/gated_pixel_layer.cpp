// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/gated_pixel_layer.h"

#include <cmath>
#include <numbers>

#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

#include "heed/nn/activation.h"
#include "heed/nn/raster_state.h"

namespace heed::nn {
namespace {

/// For a and b of deviation 1, tanh(a) sigmoid(b) has a deviation of about a third. This gain preserves the
/// scale of features in a deep stack.
constexpr double kGateGain = 2.5;

}  // namespace

GatedPixelLayerImpl::GatedPixelLayerImpl(const GatedPixelLayerOptions& options) : options_(options) {
  const int64_t width = options.width, gates = 2 * width, reach = options.reach;
  const int64_t in = options.first ? options.channels + 1 : width;
  const ChannelMask gate_mask{.channels = options.channels, .parts = 2};
  ChannelMask beside_mask = gate_mask;
  beside_mask.own = !options.first;
  const CausalKernel above{-reach, options.first ? -1 : 0, -reach, reach};
  const CausalKernel beside{0, 0, -reach, 0};
  vertical_ = register_module("vertical",
                              CausalConvolution(CausalConvolutionOptions{in, gates, above, {}, kGateGain}));
  // Two sums form a horizontal gate; each gets half of the variance.
  const double share = kGateGain / std::numbers::sqrt2;
  horizontal_ = register_module(
      "horizontal", CausalConvolution(CausalConvolutionOptions{in, gates, beside, beside_mask, share}));
  across_ = register_module(
      "across", CausalConvolution(CausalConvolutionOptions{gates, gates, {}, {}, share / kGateGain}));
  output_ = register_module("output",
                            CausalConvolution(CausalConvolutionOptions{width, 2 * width, {}, gate_mask, 1}));
  if (options.context > 0) {
    context_ = register_module("context", Linear(LinearOptions(options.context, 2 * gates).bias(false)));
    torch::nn::init::normal_(context_->weight, 0.0, 1 / std::sqrt(static_cast<double>(options.context)));
  }
  dropout_ = register_module("dropout", Dropout(options.dropout));
}

/// context: [..., gates of the vertical stack | gates of the horizontal stack].
at::Tensor GatedPixelLayerImpl::add_context(const at::Tensor& gates, const at::Tensor& context,
                                            int64_t stack) const {
  const int64_t count = 2 * options_.width;
  return context.defined() ? gates + context.narrow(-1, stack * count, count) : gates;
}

GatedPixelLayerImpl::Stacks GatedPixelLayerImpl::finish(const at::Tensor& input, const at::Tensor& gates) {
  const auto halves = output_->forward(dropout_->forward(row_gated_tanh(gates))).chunk(2, -1);
  return {{}, options_.first ? halves[0] : input + halves[0], halves[1]};
}

GatedPixelLayerImpl::Stacks GatedPixelLayerImpl::forward(const Stacks& input, const at::Tensor& context) {
  const at::Tensor added = context_ ? context_->forward(context) : at::Tensor();
  const at::Tensor above = vertical_->forward(input.vertical);
  const at::Tensor gates = horizontal_->forward(input.horizontal) + across_->forward(above);
  Stacks output = finish(input.horizontal, add_context(gates, added, 1));
  output.vertical = row_gated_tanh(add_context(above, added, 0));
  return output;
}

GatedPixelLayerImpl::Cache GatedPixelLayerImpl::make_cache(int64_t batch, int64_t height, int64_t width,
                                                           const at::Tensor& context) {
  return {vertical_->make_cache(batch, height, width),
          horizontal_->make_cache(batch, height, width),
          {},
          context_ ? context_->forward(context) : at::Tensor()};
}

at::Tensor GatedPixelLayerImpl::step_row(const at::Tensor& input, const PixelArea& row, Cache& cache) {
  const at::Tensor above =
      options_.first ? vertical_->read(row, cache.vertical) : vertical_->step(input, row, cache.vertical);
  cache.across = across_->forward(above);
  return row_gated_tanh(cache.context.defined() ? add_context(above, part_of(cache.context, row), 0) : above);
}

GatedPixelLayerImpl::Stacks GatedPixelLayerImpl::step_pixel(const at::Tensor& input, const PixelArea& place,
                                                            Cache& cache) {
  at::Tensor gates =
      horizontal_->step(input, place, cache.horizontal) + cache.across.narrow(2, place.column, 1);
  if (cache.context.defined()) gates = add_context(gates, part_of(cache.context, place), 1);
  return finish(input, gates);
}

void GatedPixelLayerImpl::remember(const at::Tensor& pixel, const PixelArea& place, Cache& cache) const {
  vertical_->write(pixel, place, cache.vertical);
  horizontal_->write(pixel, place, cache.horizontal);
}

}  // namespace heed::nn
