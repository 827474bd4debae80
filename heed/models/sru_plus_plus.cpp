// SPDX-License-Identifier: Apache-2.0
#include "heed/models/sru_plus_plus.h"

#include <cmath>

#include <ATen/ops/zeros.h>

#include "heed/models/cached_state.h"
#include "heed/models/carried_state.h"

namespace heed::models {

std::vector<Field> fields(SruPlusPlusOptions& options) {
  return {
      {"hidden", &options.hidden, "width of embeddings and recurrence", at_least(1)},
      {"projection", &options.projection, "width of queries, keys and values", at_least(1)},
      {"layers", &options.layers, "layers", between(1, 10000)},
      {"heads", &options.heads, "attention heads; divides projection (published: 1)", at_least(1)},
      {"attention_every", &options.attention_every,
       "every how many layers one attends; 1: all, more than layers: none", at_least(1)},
      {"dropout", &options.dropout, "dropout on embeddings, products and outputs, locked on cells",
       between(0, 0.95)},
      {"attention_dropout", &options.attention_dropout, "dropout on attention weights", between(0, 0.95)},
      {"highway_bias", &options.highway_bias, "initial bias of the gates that let the recurrence pass",
       between(-100, 100)},
      {"tie_embeddings", &options.tie_embeddings, "output layer shares the token embeddings"},
      {"attention_backend", &options.attention_backend, "auto, reference, tiled or fused",
       one_of({"auto", "reference", "tiled", "fused"})},
  };
}

SruPlusPlus::SruPlusPlus(const SruPlusPlusOptions& options)
    : options_(options),
      tokens_(*this,
              {.vocabulary = options.vocabulary,
               .width = options.hidden,
               .output_width = options.hidden,
               .tie = options.tie_embeddings,
               .initial_range = std::sqrt(3.0 / static_cast<double>(options.hidden))},
              "sru_plus_plus") {
  TORCH_CHECK(options.projection % options.heads == 0, "[sru_plus_plus] projection ", options.projection,
              " must be a multiple of heads ", options.heads);
  layers_ = register_module("layers", torch::nn::ModuleList());
  for (int64_t i = 0; i < options.layers; ++i) {
    SruPlusPlusLayerOptions layer{
        .hidden = options.hidden, .projection = options.projection, .heads = options.heads};
    layer.attends = (i + 1) % options.attention_every == 0;
    layer.dropout = options.dropout;
    layer.cell_dropout = i + 1 < options.layers ? options.dropout : 0;
    layer.attention_dropout = options.attention_dropout;
    layer.highway_bias = options.highway_bias;
    layer.backend = attention::parse_backend(options.attention_backend);
    layers_->push_back(SruPlusPlusLayer(layer));
  }
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
}

SruPlusPlusLayerImpl& SruPlusPlus::layer(int64_t index) const {
  return *layers_->ptr<SruPlusPlusLayerImpl>(static_cast<size_t>(index));
}

/// The stream after the first layers, [length, batch, hidden].
at::Tensor SruPlusPlus::run_layers(const nn::Sequence& input, int64_t layers) {
  TORCH_CHECK(
      !input.segments,
      "[sru_plus_plus] does not support packed segments: the state cannot be reset inside a row; turn "
      "packing off");
  at::Tensor x = dropout_->forward(tokens_.forward(input.tokens.t()));
  for (int64_t i = 0; i < layers; ++i) x = layer(i).forward(x);
  return x;
}

at::Tensor SruPlusPlus::features(const nn::Sequence& input) {
  return dropout_->forward(run_layers(input, options_.layers).transpose(0, 1).contiguous());
}

nn::AttentionTrace SruPlusPlus::trace(const nn::Sequence& input, int64_t attending) {
  TORCH_CHECK(attending >= 0 && attending < attention_layers(), "[trace] layer must be below ",
              attention_layers(), ", got ", attending);
  const int64_t index = (attending + 1) * options_.attention_every - 1;
  return layer(index).trace(run_layers(input, index));
}

std::unique_ptr<nn::DecoderState> SruPlusPlus::start_beams(int64_t inputs, int64_t rows_per_input,
                                                           int64_t capacity) {
  auto state = std::make_unique<CarriedState>(nn::RowIndex(inputs, rows_per_input, capacity));
  for (int64_t i = 0; i < options_.layers; ++i) {
    state->carries.push_back(
        {at::zeros({inputs, options_.hidden}, tokens_.table().options().requires_grad(false))});
    if (layer(i).attends()) state->caches.push_back(layer(i).make_cache(state->index));
  }
  return state;
}

at::Tensor SruPlusPlus::step(const nn::StepTokens& step, nn::DecoderState& state) {
  auto& own = dynamic_cast<CarriedState&>(state);
  own.advance(step);
  at::Tensor x = tokens_.forward(step.tokens);  // [tokens, hidden]
  size_t attended = 0;
  for (int64_t i = 0; i < options_.layers; ++i) {
    SruPlusPlusLayerImpl& now = layer(i);
    const at::Tensor joined =
        now.step_products(x, now.attends() ? &own.caches[attended++] : nullptr, own.index);
    x = own.run(static_cast<size_t>(i), joined,
                [&](const at::Tensor& some, Carry& carry) { return now.step_recurrence(some, carry[0]); });
  }
  return logits(selected(x, nn::wanted_tokens(step, own.rows())));  // [wanted, vocabulary]
}

}  // namespace heed::models
