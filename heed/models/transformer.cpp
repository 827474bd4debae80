// SPDX-License-Identifier: Apache-2.0
#include "heed/models/transformer.h"

#include <cmath>

#include <ATen/ops/arange.h>
#include <torch/nn/init.h>

#include "heed/nn/activation.h"
#include "heed/nn/positions.h"

namespace heed::models {
namespace {

struct TransformerState : nn::DecodingState {
  std::vector<nn::KeyValueCache> caches;
  int64_t rows = 0;

  void reorder(const at::Tensor& order) override {
    if (caches.empty()) return;
    const at::Tensor rows_from = order.to(caches.front().key.device());
    for (auto& cache : caches) {
      cache.key = cache.key.index_select(0, rows_from);
      cache.value = cache.value.index_select(0, rows_from);
    }
    rows = order.size(0);
  }
  int64_t batch() const override { return rows; }
  int64_t length() const override { return caches.empty() ? 0 : caches.front().length; }
};

nn::RelationKind relation_kind(const std::string& position) {
  if (position == "shaw") return nn::RelationKind::kShaw;
  if (position == "music") return nn::RelationKind::kMusic;
  return nn::RelationKind::kNone;
}

nn::TransformerLayerOptions layer_options(const TransformerOptions& options) {
  nn::TransformerLayerOptions layer;
  layer.attention.d_model = options.d_model;
  layer.attention.heads = options.heads;
  layer.attention.relation = relation_kind(options.position);
  layer.attention.dropout = options.attention_dropout;
  layer.attention.max_relative_distance = options.max_relative_distance;
  layer.attention.beyond = options.beyond == "clip" ? attention::Beyond::kClip : attention::Beyond::kNothing;
  layer.attention.backend = attention::parse_backend(options.attention_backend);
  layer.d_ff = options.d_ff;
  layer.dropout = layer.activation_dropout = options.dropout;
  layer.activation = options.activation;
  layer.pre_norm = options.norm == "pre";
  return layer;
}

}  // namespace

std::vector<Field> fields(TransformerOptions& options) {
  return {
      {"d_model", &options.d_model, "width of the residual stream", at_least(2)},
      {"heads", &options.heads, "attention heads; divides d_model", at_least(1)},
      {"layers", &options.layers, "Transformer layers", at_least(1)},
      {"d_ff", &options.d_ff, "width inside the feed-forward sublayer", at_least(1)},
      {"position", &options.position, "how positions are known",
       one_of({"none", "sinusoidal", "learned", "shaw", "music"})},
      {"max_length", &options.max_length, "rows of learned positions", at_least(1)},
      {"max_relative_distance", &options.max_relative_distance, "distances with an embedding (shaw, music)",
       at_least(1)},
      {"beyond", &options.beyond, "farther keys: clip to the farthest embedding, or nothing",
       one_of({"clip", "nothing"})},
      {"position_period", &options.position_period, "adds an embedding of position modulo this; 0: none",
       at_least(0)},
      {"norm", &options.norm, "layer norm before or after each sublayer", one_of({"pre", "post"})},
      {"activation", &options.activation, "inside the feed-forward", one_of(nn::activation_names())},
      {"dropout", &options.dropout, "on embeddings, sublayer outputs and inside the feed-forward",
       between(0, 0.95)},
      {"attention_dropout", &options.attention_dropout, "on attention weights", between(0, 0.95)},
      {"tie_embeddings", &options.tie_embeddings, "output weights are the token embeddings"},
      {"attention_backend", &options.attention_backend, "auto, reference, tiled or fused",
       one_of({"auto", "reference", "tiled", "fused"})},
  };
}

Transformer::Transformer(const TransformerOptions& options) : options_(options) {
  TORCH_CHECK(options.vocabulary > 0, "[transformer] vocabulary must be set");
  const double deviation = 1.0 / std::sqrt(static_cast<double>(options.d_model));
  tokens_ = register_module("tokens", torch::nn::Embedding(options.vocabulary, options.d_model));
  torch::nn::init::normal_(tokens_->weight, 0.0, deviation);
  if (options.position == "learned") {
    positions_ = register_module("positions", torch::nn::Embedding(options.max_length, options.d_model));
    torch::nn::init::normal_(positions_->weight, 0.0, 0.02);
  }
  if (options.position_period > 0) {
    periodic_ = register_module("periodic", torch::nn::Embedding(options.position_period, options.d_model));
  }
  layers_ = register_module("layers", torch::nn::ModuleList());
  for (int64_t i = 0; i < options.layers; ++i)
    layers_->push_back(nn::TransformerLayer(layer_options(options)));
  if (options.norm == "pre") {
    norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.d_model})));
  }
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
  if (!options.tie_embeddings) {
    output_ = register_module("output", nn::Linear(options.d_model, options.vocabulary));
    torch::nn::init::normal_(output_->weight, 0.0, deviation);
    torch::nn::init::zeros_(output_->bias);
  }
}

nn::TransformerLayerImpl& Transformer::layer(int64_t index) {
  return *layers_->ptr<nn::TransformerLayerImpl>(static_cast<size_t>(index));
}

at::Tensor Transformer::embed(const at::Tensor& tokens, const at::Tensor& positions) {
  at::Tensor x = tokens_->forward(tokens) * std::sqrt(static_cast<double>(options_.d_model));
  if (options_.position == "sinusoidal") x = x + nn::sinusoidal_positions(positions, options_.d_model);
  if (positions_) {
    TORCH_CHECK(positions.numel() == 0 || positions.max().item<int64_t>() < options_.max_length,
                "[transformer] learned positions end at max_length ", options_.max_length);
    x = x + positions_->forward(positions);
  }
  if (periodic_) x = x + periodic_->forward(positions.remainder(options_.position_period));
  return dropout_->forward(x);
}

at::Tensor Transformer::embed(const nn::Sequence& input) {
  const at::Tensor positions =
      input.positions ? *input.positions
                      : at::arange(input.tokens.size(1), input.tokens.options()).expand_as(input.tokens);
  return embed(input.tokens, positions);
}

at::Tensor Transformer::logits(const at::Tensor& hidden) {
  const at::Tensor x = norm_ ? norm_->forward(hidden) : hidden;
  return output_ ? output_->forward(x) : nn::linear(x, tokens_->weight, {}, &packed_tokens_);
}

at::Tensor Transformer::forward(const nn::Sequence& input) {
  attention::Extents extents;
  extents.segments = input.segments;
  at::Tensor x = embed(input);  // [batch, length, d_model]
  for (int64_t i = 0; i < options_.layers; ++i) x = layer(i).forward(x, extents);
  return logits(x);  // [batch, length, vocabulary]
}

nn::AttentionTrace Transformer::trace(const nn::Sequence& input, int64_t chosen) {
  TORCH_CHECK(chosen >= 0 && chosen < options_.layers, "[trace] layer must be below ", options_.layers,
              ", got ", chosen);
  attention::Extents extents;
  extents.segments = input.segments;
  at::Tensor x = embed(input);
  for (int64_t i = 0; i < chosen; ++i) x = layer(i).forward(x, extents);
  auto& attention = layer(chosen).attention();
  const auto projected = attention->project(layer(chosen).attention_input(x));
  return {projected.query, projected.key, attention->spec(extents)};
}

std::unique_ptr<nn::DecodingState> Transformer::start(int64_t batch, int64_t capacity) {
  auto state = std::make_unique<TransformerState>();
  state->rows = batch;
  for (int64_t i = 0; i < options_.layers; ++i)
    state->caches.push_back(layer(i).attention()->make_cache(batch, capacity));
  return state;
}

at::Tensor Transformer::step(const at::Tensor& tokens, nn::DecodingState& state) {
  auto& own = dynamic_cast<TransformerState&>(state);
  const int64_t length = own.length(), count = tokens.size(1);
  const at::Tensor positions = at::arange(length, length + count, tokens.options()).expand_as(tokens);
  at::Tensor x = embed(tokens, positions);
  for (int64_t i = 0; i < options_.layers; ++i) x = layer(i).step(x, own.caches[static_cast<size_t>(i)]);
  return logits(x.narrow(1, count - 1, 1)).squeeze(1);  // [batch, vocabulary]
}

}  // namespace heed::models
