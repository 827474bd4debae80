// SPDX-License-Identifier: Apache-2.0
#include "heed/models/gated_pixel_cnn.h"

#include <cmath>
#include <numbers>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "heed/nn/inference_scope.h"
#include "heed/nn/raster_state.h"

namespace heed::models {

struct GatedPixelCnn::State : nn::RasterState {
  using RasterState::RasterState;
  std::vector<nn::GatedPixelLayerImpl::Cache> caches;

 protected:
  std::vector<at::Tensor*> remembered() override {
    std::vector<at::Tensor*> tensors;
    for (auto& cache : caches)
      tensors.insert(tensors.end(), {&cache.vertical, &cache.horizontal, &cache.across, &cache.context});
    return tensors;
  }
};

std::vector<Field> fields(GatedPixelCnnOptions& options) {
  return {
      {"width", &options.width, "features of each of the vertical and the horizontal stack", at_least(1)},
      {"layers", &options.layers, "gated layers after the first", between(0, 10000)},
      {"kernel", &options.kernel, "kernel size in pixels without its mask; odd", at_least(3)},
      {"first_kernel", &options.first_kernel, "kernel size of the first layer; odd", at_least(3)},
      {"output_width", &options.output_width, "features between the layers and the logits", at_least(1)},
      {"dropout", &options.dropout, "dropout on the gated features of the horizontal stack",
       between(0, 0.95)},
  };
}

GatedPixelCnn::GatedPixelCnn(const GatedPixelCnnOptions& options, const nn::ImageDomain& domain)
    : PixelModel(domain), options_(options) {
  const int64_t channels = domain.channels;
  TORCH_CHECK(options.kernel % 2 == 1 && options.first_kernel % 2 == 1,
              "[gated_pixel_cnn] kernel and first_kernel must be odd, got ", options.kernel, " and ",
              options.first_kernel);
  TORCH_CHECK(options.width >= channels && options.output_width >= channels,
              "[gated_pixel_cnn] width and output_width must be at least the channels, ", channels, ", got ",
              options.width, " and ", options.output_width);
  context_ = register_module("context", nn::ImageContext(domain, options.width));
  layers_ = register_module("layers", torch::nn::ModuleList());
  for (int64_t i = 0; i <= options.layers; ++i) {
    nn::GatedPixelLayerOptions layer;
    layer.channels = channels;
    layer.width = options.width;
    layer.reach = (i == 0 ? options.first_kernel : options.kernel) / 2;
    layer.context = context_->exists() ? options.width : 0;
    layer.dropout = options.dropout;
    layer.first = i == 0;
    layers_->push_back(nn::GatedPixelLayer(layer));
  }
  const auto masked = [&](int64_t in, int64_t out, double gain) {
    return nn::CausalConvolution(
        nn::CausalConvolutionOptions{in, out, {}, nn::ChannelMask{.channels = channels}, gain});
  };
  hidden_ = register_module("hidden", masked(options.width, options.output_width, std::numbers::sqrt2));
  // Small logits: at first all values are about equally probable.
  output_ = register_module("output", masked(options.output_width, channels * 256, 0.1));
}

at::Tensor GatedPixelCnn::logits(const at::Tensor& skips) {
  const double scale = 1 / std::sqrt(static_cast<double>(options_.layers + 1));
  return output_->forward(hidden_->forward((skips * scale).relu()).relu());
}

at::Tensor GatedPixelCnn::nll(const at::Tensor& images, const nn::ImageCondition& condition) {
  check_images(images);
  check_condition(condition, images.size(0));
  const at::Tensor context = context_->forward(condition), pixels = nn::pixel_inputs(images, dtype());
  nn::GatedPixelLayerImpl::Stacks stacks{pixels, pixels, {}};
  at::Tensor skips;
  for (size_t i = 0; i < layers_->size(); ++i) {
    stacks = layer(i).forward(stacks, context);
    skips = i == 0 ? stacks.skip : skips + stacks.skip;
  }
  const at::Tensor rows = logits(skips).reshape({-1, 256});
  const at::Tensor nats =
      at::cross_entropy_loss(rows.scalar_type() == at::kDouble ? rows : rows.to(at::kFloat),
                             images.to(at::kLong).flatten(), {}, at::Reduction::None);
  return nats.view(images.sizes()).sum(3);
}

std::unique_ptr<nn::DecoderState> GatedPixelCnn::start(int64_t batch, const nn::ImageCondition& condition) {
  check_condition(condition, batch);
  const at::NoGradGuard no_gradient;
  auto state = std::make_unique<State>(domain(), batch, nn::device_of(*this));
  const at::Tensor context = context_->forward(condition);
  for (size_t i = 0; i < layers_->size(); ++i)
    state->caches.push_back(layer(i).make_cache(batch, domain().height, domain().width, context));
  return state;
}

void GatedPixelCnn::step_row(State& state) {
  const nn::PixelArea row{state.place().row, 0, 1, domain().width};
  at::Tensor features;
  for (size_t i = 0; i < layers_->size(); ++i) features = layer(i).step_row(features, row, state.caches[i]);
}

at::Tensor GatedPixelCnn::step(const nn::StepTokens& step, nn::DecoderState& state) {
  const at::NoGradGuard no_gradient;
  auto& own = dynamic_cast<State&>(state);
  own.advance(check_step(step, state));
  const nn::PixelArea place = own.place();
  at::Tensor features = nn::pixel_inputs(own.values(), dtype()).unsqueeze(1).unsqueeze(1), skips;
  if (own.channel() == 0) {
    if (own.pixel() > 0) layer(0).remember(features, own.place_before(), own.caches[0]);
    if (place.column == 0) step_row(own);
  }
  // Features that depend on unknown channels are computed from stale values. They are recomputed before
  // anything reads them: in the last channel's pass all channels are known.
  for (size_t i = 0; i < layers_->size(); ++i) {
    const auto stacks = layer(i).step_pixel(features, place, own.caches[i]);
    features = stacks.horizontal;
    skips = i == 0 ? stacks.skip : skips + stacks.skip;
  }
  return logits(skips).flatten(1).narrow(1, own.channel() * 256, 256);
}

}  // namespace heed::models
