// SPDX-License-Identifier: Apache-2.0
#include "heed/models/r_transformer.h"

#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include "heed/models/cached_state.h"
#include "heed/nn/activation.h"
#include "heed/nn/layer_norm.h"

namespace heed::models {
namespace {

nn::TransformerLayerOptions layer_options(const RTransformerOptions& options) {
  nn::TransformerLayerOptions layer;
  layer.attention.d_model = options.d_model;
  layer.attention.heads = options.heads;
  layer.attention.dropout = options.attention_dropout;
  layer.attention.backend = attention::parse_backend(options.attention_backend);
  layer.d_ff = options.d_ff;
  layer.dropout = options.dropout;
  layer.activation = options.activation;
  return layer;
}

}  // namespace

struct RTransformer::State : CarriedState {
  using CarriedState::CarriedState;
  std::vector<nn::LayerCache> layers;
};

std::vector<Field> fields(RTransformerOptions& options) {
  return {
      {"d_model", &options.d_model, "width of the model", at_least(1)},
      {"heads", &options.heads, "attention heads; divides d_model", at_least(1)},
      {"layers", &options.layers, "layers", between(1, 10000)},
      {"d_ff", &options.d_ff, "inner width of the feed-forward sublayers", at_least(1)},
      {"window", &options.window, "positions that the local recurrence sees", between(1, 10000)},
      {"dropout", &options.dropout, "dropout on embeddings and sublayer outputs", between(0, 0.95)},
      {"attention_dropout", &options.attention_dropout, "dropout on attention weights", between(0, 0.95)},
      {"activation", &options.activation, "relu, gelu or gelu_tanh", one_of(nn::activation_names())},
      {"tie_embeddings", &options.tie_embeddings, "output layer shares the token embeddings"},
      {"attention_backend", &options.attention_backend, "auto, reference, tiled or fused",
       one_of({"auto", "reference", "tiled", "fused"})},
  };
}

RTransformer::RTransformer(const RTransformerOptions& options)
    : options_(options),
      tokens_(*this,
              {.vocabulary = options.vocabulary,
               .width = options.d_model,
               .output_width = options.d_model,
               .tie = options.tie_embeddings},
              "r_transformer") {
  const int64_t width = options.d_model;
  const auto norm = [&] { return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})); };
  recurrences_ = register_module("recurrences", torch::nn::ModuleList());
  norms_ = register_module("norms", torch::nn::ModuleList());
  layers_ = register_module("layers", torch::nn::ModuleList());
  for (int64_t i = 0; i < options.layers; ++i) {
    recurrences_->push_back(nn::LstmLayer(width, width));
    norms_->push_back(norm());
    layers_->push_back(nn::TransformerLayer(layer_options(options)));
  }
  norm_ = register_module("norm", norm());
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
}

nn::LstmLayerImpl& RTransformer::recurrence(int64_t index) const {
  return *recurrences_->ptr<nn::LstmLayerImpl>(static_cast<size_t>(index));
}

nn::TransformerLayerImpl& RTransformer::layer(int64_t index) const {
  return *layers_->ptr<nn::TransformerLayerImpl>(static_cast<size_t>(index));
}

at::Tensor RTransformer::normed(int64_t index, const at::Tensor& x) {
  torch::nn::LayerNorm norm(norms_->ptr<torch::nn::LayerNormImpl>(static_cast<size_t>(index)));
  return nn::layer_norm(x, norm);
}

/// The first sublayer: x [batch, length, d_model].
at::Tensor RTransformer::recur(int64_t index, const at::Tensor& x) {
  const at::Tensor by_time = normed(index, x).transpose(0, 1);  // [length, batch, d_model]
  const at::Tensor found = recurrence(index).windows(by_time, options_.window);
  return dropout_->add_to(x, found.transpose(0, 1));
}

/// The stream after `layers` layers, [batch, length, d_model].
at::Tensor RTransformer::run_layers(const nn::Sequence& input, int64_t layers) {
  TORCH_CHECK(
      !input.segments,
      "[r_transformer] does not support packed segments: a window would reach into the piece before; turn "
      "packing off");
  at::Tensor x = dropout_->forward(tokens_.forward(input.tokens));
  for (int64_t i = 0; i < layers; ++i) x = layer(i).forward(recur(i, x), {});
  return x;
}

at::Tensor RTransformer::features(const nn::Sequence& input) {
  return nn::layer_norm(run_layers(input, options_.layers), norm_);
}

nn::AttentionTrace RTransformer::trace(const nn::Sequence& input, int64_t index) {
  TORCH_CHECK(index >= 0 && index < options_.layers, "[trace] layer must be below ", options_.layers,
              ", got ", index);
  const at::Tensor x = recur(index, run_layers(input, index));
  auto& attention = layer(index).attention();
  const auto projected = attention->project(layer(index).attention_input(x));
  return {projected.query, projected.key, attention->spec({})};
}

std::unique_ptr<nn::DecoderState> RTransformer::start_beams(int64_t inputs, int64_t rows_per_input,
                                                            int64_t capacity) {
  auto state = std::make_unique<State>(nn::RowIndex(inputs, rows_per_input, capacity));
  for (int64_t i = 0; i < options_.layers; ++i) {
    const at::Tensor nothing =
        at::zeros({inputs, options_.d_model}, tokens_.table().options().requires_grad(false));
    state->carries.push_back({recurrence(i).gates(nothing).repeat({1, options_.window - 1})});
    state->layers.push_back(layer(i).make_cache(state->index));
  }
  return state;
}

/// One token of some rows: its share of the gates [n, 4 * d_model]; the carry is that of the window's earlier positions,
/// side by side, [n, (window - 1) * 4 * d_model].
at::Tensor RTransformer::step_window(int64_t index, const at::Tensor& gates, Carry& carry) const {
  const int64_t width = gates.size(1);
  const at::Tensor seen = at::cat({carry[0], gates}, 1);
  carry[0] = seen.narrow(1, width, (options_.window - 1) * width);
  nn::LstmLayerImpl& lstm = recurrence(index);
  nn::LstmCarry run = lstm.zeros(gates.size(0));
  for (int64_t m = 0; m < options_.window; ++m) run = lstm.step_from(seen.narrow(1, m * width, width), run);
  return run.output;
}

at::Tensor RTransformer::step(const nn::StepTokens& step, nn::DecoderState& state) {
  auto& own = dynamic_cast<State&>(state);
  own.advance(step);
  at::Tensor x = tokens_.forward(step.tokens);  // [tokens, d_model]
  for (int64_t i = 0; i < options_.layers; ++i) {
    const auto number = static_cast<size_t>(i);
    x = x + own.run(number, recurrence(i).gates(normed(i, x)),
                    [&](const at::Tensor& gates, Carry& carry) { return step_window(i, gates, carry); });
    x = layer(i).step(x, own.layers[number], own.index);
  }
  return logits(
      nn::layer_norm(selected(x, nn::wanted_tokens(step, own.rows())), norm_));  // [wanted, vocabulary]
}

}  // namespace heed::models
