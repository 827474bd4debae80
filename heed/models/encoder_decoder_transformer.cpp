// SPDX-License-Identifier: Apache-2.0
#include "heed/models/encoder_decoder_transformer.h"

#include <cmath>
#include <utility>

#include <ATen/ops/arange.h>
#include <torch/nn/init.h>

#include "heed/models/cached_state.h"
#include "heed/nn/activation.h"
#include "heed/nn/layer_norm.h"
#include "heed/nn/positions.h"
#include "heed/nn/table_rows.h"

namespace heed::models {
namespace {

using nn::AttentionPart;

struct State : CachedState {
  State(nn::RowIndex rows, const at::Tensor& lengths) : CachedState(std::move(rows)), memory(lengths) {}
  nn::MemoryIndex memory;  ///< rows of a sentence share its memory
  at::Tensor places;       ///< [capacity, d_model]: encoding of each position; undefined with relations only

  void keep_cross_attention() override { layers.back().keep_weights = true; }
  at::Tensor cross_attention() const override {
    const at::Tensor& weights = layers.back().weights;
    return weights.defined() ? selected(weights, index.last_queries()) : weights;
  }
};

nn::TransformerLayer make_layer(const EncoderDecoderTransformerOptions& options, bool decoder) {
  nn::TransformerLayerOptions layer;
  layer.attention.d_model = options.d_model;
  layer.attention.heads = options.heads;
  layer.attention.pattern = attention::Dense{.causal = decoder};
  layer.attention.relation = options.position == "shaw" ? nn::RelationKind::kShaw : nn::RelationKind::kNone;
  layer.attention.max_relative_distance = options.max_relative_distance;
  layer.attention.dropout = options.attention_dropout;
  layer.attention.backend = attention::parse_backend(options.attention_backend);
  layer.d_ff = options.d_ff;
  layer.dropout = options.dropout;
  layer.activation_dropout = options.activation_dropout;
  layer.activation = options.activation;
  layer.pre_norm = options.norm == "pre";
  layer.cross = decoder;
  layer.attention_residual = options.residual;
  return nn::TransformerLayer(layer);
}

nn::TransformerLayerImpl& layer_of(const torch::nn::ModuleList& stack, int64_t index) {
  return *stack->ptr<nn::TransformerLayerImpl>(static_cast<size_t>(index));
}

attention::Extents seen(const at::Tensor& lengths) {
  attention::Extents extents;
  extents.key_lengths = lengths;
  return extents;
}

}  // namespace

std::vector<Field> fields(EncoderDecoderTransformerOptions& options) {
  return {
      {"d_model", &options.d_model, "width of the residual stream", at_least(2)},
      {"heads", &options.heads, "attention heads; divides d_model", at_least(1)},
      {"encoder_layers", &options.encoder_layers, "Transformer layers of the encoder", between(1, 10000)},
      {"decoder_layers", &options.decoder_layers, "Transformer layers of the decoder", between(1, 10000)},
      {"d_ff", &options.d_ff, "hidden width of the feed-forward sublayer", at_least(1)},
      {"position", &options.position, "position encoding", one_of({"sinusoidal", "learned", "shaw"})},
      {"max_length", &options.max_length, "number of learned positions", at_least(1)},
      {"max_relative_distance", &options.max_relative_distance, "distances with an embedding (shaw)",
       at_least(1)},
      {"timing", &options.timing,
       "positions are added to the embeddings (input) or to the input of every layer",
       one_of({"input", "every_layer"})},
      {"residual", &options.residual, "residual connections around the attention sublayers"},
      {"norm", &options.norm, "layer norm before (pre) or after (post) each sublayer",
       one_of({"pre", "post"})},
      {"activation", &options.activation, "activation of the feed-forward sublayer",
       one_of(nn::activation_names())},
      {"dropout", &options.dropout, "dropout on embeddings and sublayer outputs", between(0, 0.95)},
      {"activation_dropout", &options.activation_dropout, "dropout inside the feed-forward sublayer",
       between(0, 0.95)},
      {"attention_dropout", &options.attention_dropout, "dropout on attention weights", between(0, 0.95)},
      nn::tie_embeddings_field(options.tie_embeddings),
      {"attention_backend", &options.attention_backend, "auto, reference, tiled or fused",
       one_of({"auto", "reference", "tiled", "fused"})},
  };
}

EncoderDecoderTransformer::EncoderDecoderTransformer(const EncoderDecoderTransformerOptions& options)
    : options_(options),
      tokens_(*this, {options.source_vocabulary, options.vocabulary, options.d_model, options.tie_embeddings},
              "transformer") {
  TORCH_CHECK(
      options.timing == "input" || options.position != "shaw",
      "[transformer] timing = \"every_layer\" needs absolute positions (sinusoidal, learned), got shaw");
  if (options.position == "learned") {
    const auto positions = [&](const char* name) {
      auto module = register_module(name, torch::nn::Embedding(options.max_length, options.d_model));
      torch::nn::init::normal_(module->weight, 0.0, 1.0 / std::sqrt(static_cast<double>(options.d_model)));
      return module;
    };
    source_positions_ = positions("source_positions");
    positions_ = positions("positions");
  }
  encoder_ = register_module("encoder", torch::nn::ModuleList());
  decoder_ = register_module("decoder", torch::nn::ModuleList());
  for (int64_t i = 0; i < options.encoder_layers; ++i) encoder_->push_back(make_layer(options, false));
  for (int64_t i = 0; i < options.decoder_layers; ++i) decoder_->push_back(make_layer(options, true));
  if (options.norm == "pre") {
    const auto norm = [&] { return torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.d_model})); };
    encoder_norm_ = register_module("encoder_norm", norm());
    decoder_norm_ = register_module("decoder_norm", norm());
  }
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
}

/// Returns the input of the layers: scaled embeddings with positions. `embedded` has the token embeddings.
at::Tensor EncoderDecoderTransformer::embed(const at::Tensor& embedded, const torch::nn::Embedding& learned,
                                            const at::Tensor& positions) {
  const at::Tensor scaled = embedded * std::sqrt(static_cast<double>(options_.d_model));
  return dropout_->forward(add_positions(scaled, learned, positions));
}

at::Tensor EncoderDecoderTransformer::add_positions(const at::Tensor& input,
                                                    const torch::nn::Embedding& learned,
                                                    const at::Tensor& positions) const {
  if (options_.position == "sinusoidal") return input + nn::sinusoidal_positions(positions, options_.d_model);
  return learned ? input + learned.ptr()->forward(positions) : input;
}

/// Returns the input of layer `layer`; that of layer 0 has its positions already.
at::Tensor EncoderDecoderTransformer::timed(const at::Tensor& input, const torch::nn::Embedding& learned,
                                            const at::Tensor& positions, int64_t layer) const {
  const bool adds = options_.timing == "every_layer" && layer > 0;
  return adds ? add_positions(input, learned, positions) : input;
}

/// Returns the positions 0, 1, ... of [batch, length] tokens.
at::Tensor EncoderDecoderTransformer::places(const at::Tensor& tokens) const {
  TORCH_CHECK(options_.position != "learned" || tokens.size(1) <= options_.max_length,
              "[transformer] the maximum length (max_length) is ", options_.max_length,
              ", but a sequence has ", tokens.size(1));
  return at::arange(tokens.size(1), tokens.options());
}

at::Tensor EncoderDecoderTransformer::encode(const nn::Source& source, int64_t layers) {
  const auto extents = seen(source.lengths);
  const at::Tensor positions = places(source.tokens);
  at::Tensor x = embed(tokens_.source(source.tokens), source_positions_, positions);
  for (int64_t i = 0; i < layers; ++i)
    x = layer_of(encoder_, i).forward(timed(x, source_positions_, positions, i), extents);
  return x;  // [batch, source_length, d_model]
}

nn::Memory EncoderDecoderTransformer::read(const nn::Source& source) {
  const at::Tensor x = encode(source, options_.encoder_layers);
  return {encoder_norm_ ? nn::layer_norm(x, encoder_norm_) : x, source.lengths};
}

at::Tensor EncoderDecoderTransformer::decode(const at::Tensor& target, const nn::Memory& memory,
                                             int64_t layers) {
  const at::Tensor positions = places(target);
  at::Tensor x = embed(tokens_.target(target), positions_, positions);
  for (int64_t i = 0; i < layers; ++i)
    x = layer_of(decoder_, i).forward(timed(x, positions_, positions, i), {}, memory);
  return x;  // [batch, target_length, d_model]
}

at::Tensor EncoderDecoderTransformer::finish(const at::Tensor& hidden) {
  return decoder_norm_ ? nn::layer_norm(hidden, decoder_norm_) : hidden;
}

at::Tensor EncoderDecoderTransformer::features(const nn::Source& source, const nn::Target& target) {
  return finish(decode(target.tokens, read(source), options_.decoder_layers));
}

std::unique_ptr<nn::DecoderState> EncoderDecoderTransformer::start(const nn::Source& source, int64_t beams,
                                                                   int64_t capacity) {
  const nn::Memory memory = read(source);
  auto state = std::make_unique<State>(nn::RowIndex(source.tokens.size(0), beams, capacity), memory.lengths);
  for (int64_t i = 0; i < options_.decoder_layers; ++i)
    state->layers.push_back(layer_of(decoder_, i).make_cache(state->index, memory));
  if (options_.position == "learned") state->places = positions_->weight;
  if (options_.position == "sinusoidal") {
    const at::Tensor positions = at::arange(capacity, source.tokens.options());
    state->places = nn::sinusoidal_positions(positions, options_.d_model).to(memory.states.scalar_type());
  }
  return state;
}

at::Tensor EncoderDecoderTransformer::step(const nn::StepTokens& step, nn::DecoderState& state) {
  auto& own = dynamic_cast<State&>(state);
  own.index.advance(step.counts);
  TORCH_CHECK(options_.position != "learned" || own.index.longest() <= options_.max_length,
              "[transformer] the maximum length (max_length) is ", options_.max_length);
  const auto& seen = own.memory.look(own.index);
  at::Tensor x = nn::sum_table_rows(
      step.tokens.size(0),
      {{tokens_.target_table(), step.tokens, std::sqrt(static_cast<double>(options_.d_model))},
       {own.places, own.index.position_tensor(step.tokens.device())}});  // [tokens, d_model]
  for (int64_t i = 0; i < options_.decoder_layers; ++i) {
    if (options_.timing == "every_layer" && i > 0)
      x = x + own.places.index_select(0, own.index.position_tensor(x.device()));
    x = layer_of(decoder_, i).step(x, own.layers[static_cast<size_t>(i)], own.index, seen);
  }
  return logits(finish(selected(x, nn::wanted_tokens(step, own.rows()))));  // [wanted, vocabulary]
}

int64_t EncoderDecoderTransformer::attention_layers(AttentionPart part) const {
  return part == AttentionPart::kEncoder ? options_.encoder_layers : options_.decoder_layers;
}

nn::AttentionTrace EncoderDecoderTransformer::trace(const nn::Source& source, const at::Tensor& target,
                                                    AttentionPart part, int64_t index) {
  TORCH_CHECK(index >= 0 && index < attention_layers(part), "[trace] layer must be below ",
              attention_layers(part), ", got ", index);
  if (part == AttentionPart::kEncoder) {
    auto& layer = layer_of(encoder_, index);
    const at::Tensor x = timed(encode(source, index), source_positions_, places(source.tokens), index);
    const auto projected = layer.attention()->project(layer.attention_input(x));
    return {projected.query, projected.key, layer.attention()->spec(seen(source.lengths))};
  }
  const nn::Memory memory = read(source);
  const at::Tensor x = timed(decode(target, memory, index), positions_, places(target), index);
  auto& layer = layer_of(decoder_, index);
  if (part == AttentionPart::kDecoder) {
    const auto projected = layer.attention()->project(layer.attention_input(x));
    return {projected.query, projected.key, layer.attention()->spec({})};
  }
  const auto projected = layer.cross_attention()->project(layer.cross_attention_input(x, {}), memory.states);
  return {projected.query, projected.key, layer.cross_attention()->spec(memory.lengths)};
}

}  // namespace heed::models
