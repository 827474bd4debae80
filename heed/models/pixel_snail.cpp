// SPDX-License-Identifier: Apache-2.0
#include "heed/models/pixel_snail.h"

#include <cmath>
#include <optional>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/meshgrid.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

#include "heed/nn/activation.h"
#include "heed/nn/cached_attention.h"
#include "heed/nn/discretized_logistic_mixture.h"
#include "heed/nn/heads.h"
#include "heed/nn/raster_state.h"

namespace heed::models {
namespace {

constexpr int64_t kFirstReach = 1;  ///< reach of the first convolutions to each side, in pixels

/// Returns the row and column of each pixel, [height, width, 2].
at::Tensor positions(const nn::ImageDomain& domain) {
  const auto line = [](int64_t count) { return at::linspace(count > 1 ? -1 : 0, count > 1 ? 1 : 0, count); };
  return at::stack(at::meshgrid({line(domain.height), line(domain.width)}, "ij"), -1);
}

nn::Linear normal_linear(int64_t in, int64_t out, double gain) {
  nn::Linear linear(in, out);
  torch::nn::init::normal_(linear->weight, 0.0, gain / std::sqrt(static_cast<double>(in)));
  torch::nn::init::zeros_(linear->bias);
  return linear;
}

nn::LinearImpl& linear_of(const torch::nn::ModuleList& list, int64_t index) {
  return *list->ptr<nn::LinearImpl>(static_cast<size_t>(index));
}

/// Returns the preceding pixel in raster order for each pixel, zeros for the first: [batch, height, width,
/// features].
at::Tensor consumed_at(const at::Tensor& inputs) {
  return at::constant_pad_nd(inputs.flatten(1, 2), {0, 0, 1, -1}).view(inputs.sizes());
}

}  // namespace

struct PixelSnail::State : nn::RasterState {
  using RasterState::RasterState;
  at::Tensor above, beside;  ///< pixels so far, as inputs of the first two convolutions
  at::Tensor consumed;       ///< preceding pixel, [batch, 1, 1, channels + 1]
  at::Tensor parameters;     ///< mixture parameters of the current pixel
  std::vector<nn::GatedResidualImpl::Cache> residuals;
  std::optional<nn::RowIndex> index;      ///< rows of the pixel caches
  std::vector<nn::KeyValueCache> pixels;  ///< key-value cache of each block's attention

  void reorder(const at::Tensor& order) override {
    RasterState::reorder(order);
    index->reorder(order);
  }

 protected:
  std::vector<at::Tensor*> remembered() override {
    std::vector<at::Tensor*> tensors{&above, &beside, &consumed, &parameters};
    for (auto& cache : residuals)
      tensors.insert(tensors.end(), {&cache.first, &cache.second, &cache.context});
    return tensors;
  }
};

std::vector<Field> fields(PixelSnailOptions& options) {
  return {
      {"width", &options.width, "features per pixel", at_least(1)},
      {"blocks", &options.blocks, "blocks, each with one attention layer", between(1, 10000)},
      {"residual_layers", &options.residual_layers, "gated residual layers per block", between(0, 10000)},
      {"kernel", &options.kernel, "kernel size in rows and columns, up and to the left", at_least(1)},
      {"heads", &options.heads, "attention heads", at_least(1)},
      {"head_dim", &options.head_dim, "width of queries, keys and values per head", at_least(1)},
      {"mixtures", &options.mixtures, "logistics per pixel", at_least(1)},
      {"dropout", &options.dropout, "dropout between the convolutions of a residual layer", between(0, 0.95)},
      {"attention_backend", &options.attention_backend, "auto, reference, tiled or fused",
       one_of({"auto", "reference", "tiled", "fused"})},
  };
}

PixelSnail::PixelSnail(const PixelSnailOptions& options, const nn::ImageDomain& domain)
    : PixelModel(domain), options_(options) {
  const int64_t width = options.width, inputs = domain.channels + 1, found = options.heads * options.head_dim;
  context_ = register_module("context", nn::ImageContext(domain, width));
  const auto first = [&](const nn::CausalKernel& kernel) {
    return nn::CausalConvolution(nn::CausalConvolutionOptions{inputs, width, kernel, {}, 1});
  };
  above_ = register_module("above", first({-kFirstReach, -1, -kFirstReach, kFirstReach}));
  beside_ = register_module("beside", first({0, 0, -kFirstReach, -1}));
  nn::GatedResidualOptions layer;
  layer.width = width;
  layer.context = context_->exists() ? width : 0;
  layer.dropout = options.dropout;
  layer.kernel = {1 - options.kernel, 0, 1 - options.kernel, 0};
  nn::GatedResidualOptions taking_in = layer;
  taking_in.kernel = {};
  taking_in.auxiliary = found;
  residuals_ = register_module("residuals", torch::nn::ModuleList());
  query_ = register_module("query", torch::nn::ModuleList());
  key_value_ = register_module("key_value", torch::nn::ModuleList());
  for (int64_t block = 0; block < options.blocks; ++block) {
    for (int64_t i = 0; i < options.residual_layers; ++i) residuals_->push_back(nn::GatedResidual(layer));
    residuals_->push_back(nn::GatedResidual(taking_in));
    query_->push_back(normal_linear(width + 2, found, 1));
    key_value_->push_back(normal_linear(width + 2 + inputs, 2 * found, 1));
  }
  hidden_ = register_module("hidden", normal_linear(width, width, 1));
  const at::Tensor bias = nn::discretized_logistic_bias(domain.channels, options.mixtures);
  output_ = register_module("output", normal_linear(width, bias.size(0), 0.1));
  const at::NoGradGuard no_gradient;
  output_->bias.copy_(bias);
  positions_ = register_buffer("positions", positions(domain));
}

nn::GatedResidualImpl& PixelSnail::residual(int64_t index) const {
  return *residuals_->ptr<nn::GatedResidualImpl>(static_cast<size_t>(index));
}

attention::Spec PixelSnail::spec() const {
  attention::Spec spec;
  spec.pattern = attention::Dense{.causal = true};
  spec.backend = attention::parse_backend(options_.attention_backend);
  return spec;
}

PixelSnail::Read PixelSnail::read(int64_t block, const at::Tensor& features, const at::Tensor& consumed,
                                  const nn::PixelArea& area) {
  auto sizes = features.sizes().vec();
  sizes.back() = 2;
  const at::Tensor placed = at::cat({features, positions_.narrow(0, area.row, area.height)
                                                   .narrow(1, area.column, area.width)
                                                   .to(features.scalar_type())
                                                   .expand(sizes)},
                                    3);
  const at::Tensor query = linear_of(query_, block).forward(placed);
  const at::Tensor key_value =
      linear_of(key_value_, block).forward(at::cat({placed, consumed.to(placed.scalar_type())}, 3));
  const auto both = nn::split_heads(key_value.flatten(1, 2), 2, options_.heads);
  return {nn::split_heads(query.flatten(1, 2), 1, options_.heads)[0], both[0], both[1]};
}

/// [batch, pixels, heads * head_dim]
at::Tensor PixelSnail::attend(const Read& read) const {
  return nn::merge_heads(attention::attend(read.query, read.key, read.value, spec()).output);
}

at::Tensor PixelSnail::residuals(const at::Tensor& features, const at::Tensor& context, int64_t block) {
  at::Tensor x = features;
  for (int64_t i = 0; i < options_.residual_layers; ++i)
    x = residual(block * (options_.residual_layers + 1) + i).forward(x, {}, context);
  return x;
}

at::Tensor PixelSnail::features(const at::Tensor& inputs, const at::Tensor& context, int64_t blocks) {
  const nn::PixelArea all{0, 0, domain().height, domain().width};
  const at::Tensor consumed = consumed_at(inputs);
  at::Tensor x = above_->forward(inputs) + beside_->forward(inputs);
  for (int64_t block = 0; block < blocks; ++block) {
    x = residuals(x, context, block);
    const at::Tensor found = attend(read(block, x, consumed, all));
    const int64_t taking_in = block * (options_.residual_layers + 1) + options_.residual_layers;
    x = residual(taking_in).forward(x, found.unflatten(1, {all.height, all.width}), context);
  }
  return blocks < options_.blocks ? residuals(x, context, blocks) : x;
}

at::Tensor PixelSnail::parameters_of(const at::Tensor& features) {
  return output_->forward(nn::row_elu(hidden_->forward(nn::row_elu(features))));
}

at::Tensor PixelSnail::nll(const at::Tensor& images, const nn::ImageCondition& condition) {
  check_images(images);
  check_condition(condition, images.size(0));
  const at::Tensor inputs = nn::pixel_inputs(images, dtype());
  return nn::discretized_logistic_nll(
      parameters_of(features(inputs, context_->forward(condition), options_.blocks)), images);
}

nn::AttentionTrace PixelSnail::trace(const at::Tensor& images, const nn::ImageCondition& condition,
                                     int64_t layer) {
  check_images(images);
  check_condition(condition, images.size(0));
  TORCH_CHECK(layer >= 0 && layer < options_.blocks, "[trace] layer must be below ", options_.blocks,
              ", got ", layer);
  const at::Tensor inputs = nn::pixel_inputs(images, dtype());
  const Read seen = read(layer, features(inputs, context_->forward(condition), layer), consumed_at(inputs),
                         {0, 0, domain().height, domain().width});
  return {seen.query, seen.key, spec()};
}

std::unique_ptr<nn::DecoderState> PixelSnail::start(int64_t batch, const nn::ImageCondition& condition) {
  check_condition(condition, batch);
  const at::NoGradGuard no_gradient;
  const auto like = output_->weight.options().requires_grad(false);
  const int64_t height = domain().height, width = domain().width;
  auto state = std::make_unique<State>(domain(), batch, output_->weight.device());
  state->above = above_->make_cache(batch, height, width);
  state->beside = beside_->make_cache(batch, height, width);
  state->consumed = at::zeros({batch, 1, 1, domain().channels + 1}, like);
  const at::Tensor context = context_->forward(condition);
  for (size_t i = 0; i < residuals_->size(); ++i)
    state->residuals.push_back(residual(static_cast<int64_t>(i)).make_cache(batch, height, width, context));
  state->index.emplace(batch, 1, domain().pixels());
  for (int64_t block = 0; block < options_.blocks; ++block)
    state->pixels.emplace_back(*state->index, nn::KeyValueShape{options_.heads, options_.head_dim}, like);
  return state;
}

/// Returns the features of the current pixel, [batch, 1, 1, width].
at::Tensor PixelSnail::step_features(State& state) {
  const nn::PixelArea place = state.place();
  at::Tensor x = above_->read(place, state.above) + beside_->read(place, state.beside);
  state.index->advance();
  for (size_t block = 0, layer = 0; block < state.pixels.size(); ++block) {
    for (int64_t i = 0; i < options_.residual_layers; ++i, ++layer)
      x = residual(static_cast<int64_t>(layer)).step(x, {}, place, state.residuals[layer]);
    const Read own = read(static_cast<int64_t>(block), x, state.consumed, place);
    const auto joined = [](const at::Tensor& heads) {
      return nn::merge_heads(heads).squeeze(1);
    };  // [batch, width]
    state.pixels[block].append(at::cat({joined(own.key), joined(own.value)}, 1), *state.index);
    const at::Tensor found = nn::cached_attention(joined(own.query), state.pixels[block].keys(),
                                                  state.index->queries(), {.heads = options_.heads})
                                 .unsqueeze(1)
                                 .unsqueeze(1);
    x = residual(static_cast<int64_t>(layer)).step(x, found, place, state.residuals[layer]);
    ++layer;
  }
  return x;
}

at::Tensor PixelSnail::step(const nn::StepTokens& step, nn::DecoderState& state) {
  const at::NoGradGuard no_gradient;
  auto& own = dynamic_cast<State&>(state);
  own.advance(check_step(step, state));
  if (own.channel() == 0) {
    if (own.pixel() > 0) {
      own.consumed = nn::pixel_inputs(own.values(), dtype()).unsqueeze(1).unsqueeze(1);
      above_->write(own.consumed, own.place_before(), own.above);
      beside_->write(own.consumed, own.place_before(), own.beside);
    }
    own.parameters = parameters_of(step_features(own)).flatten(1);
  }
  return nn::discretized_logistic_logits(own.parameters, domain().channels,
                                         own.values().narrow(1, 0, own.channel()));
}

}  // namespace heed::models
