// SPDX-License-Identifier: Apache-2.0
#include "heed/models/transformer.h"

#include <cmath>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <torch/nn/init.h>

#include "heed/models/cached_state.h"
#include "heed/nn/activation.h"
#include "heed/nn/layer_norm.h"
#include "heed/nn/positions.h"
#include "heed/nn/table_rows.h"

namespace heed::models {
namespace {

nn::RelationKind relation_kind(const std::string& position) {
  if (position == "shaw") return nn::RelationKind::kShaw;
  if (position == "music") return nn::RelationKind::kPerHead;
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
  layer.dropout = options.dropout;
  layer.activation_dropout = options.activation_dropout.value_or(options.dropout);
  layer.activation = options.activation;
  layer.pre_norm = options.norm == "pre";
  layer.norm_epsilon = options.norm_epsilon;
  return layer;
}

/// Draws the weights again as GPT and GPT-2 do.
void initialise_as_gpt(torch::nn::Module& model, const TransformerOptions& options) {
  constexpr double kDeviation = 0.02;
  const double residual_deviation = options.initialisation == "gpt2"
                                        ? kDeviation / std::sqrt(2.0 * static_cast<double>(options.layers))
                                        : kDeviation;
  const at::NoGradGuard no_grad;
  for (auto& named : model.named_parameters()) {
    const std::string& name = named.key();
    if (name.ends_with("bias")) named.value().zero_();
    if (!name.ends_with("weight") || named.value().dim() < 2) continue;  // a norm has one dimension
    const bool residual = name.ends_with("attention.output.weight") || name.ends_with("contract.weight");
    named.value().normal_(0, residual ? residual_deviation : kDeviation);
  }
}

}  // namespace

std::vector<Field> fields(TransformerOptions& options) {
  return {
      {"d_model", &options.d_model, "width of the residual stream", at_least(2)},
      {"heads", &options.heads, "attention heads; divides d_model", at_least(1)},
      {"layers", &options.layers, "Transformer layers", between(1, 10000)},
      {"d_ff", &options.d_ff, "hidden width of the feed-forward sublayer", at_least(1)},
      {"position", &options.position, "position encoding",
       one_of({"none", "sinusoidal", "learned", "shaw", "music"})},
      {"max_length", &options.max_length, "number of learned positions", at_least(1)},
      {"max_relative_distance", &options.max_relative_distance, "distances with an embedding (shaw, music)",
       at_least(1)},
      {"beyond", &options.beyond, "keys farther away: clip to the farthest embedding, or nothing",
       one_of({"clip", "nothing"})},
      {"position_period", &options.position_period, "adds an embedding of the position modulo this; 0: none",
       at_least(0)},
      {"norm", &options.norm, "layer norm before (pre) or after (post) each sublayer",
       one_of({"pre", "post"})},
      {"norm_epsilon", &options.norm_epsilon, "added to the variance in layer norms", above(0)},
      {"activation", &options.activation, "activation of the feed-forward sublayer",
       one_of(nn::activation_names())},
      {"dropout", &options.dropout,
       "dropout on embeddings, sublayer outputs and inside the feed-forward sublayer", between(0, 0.95)},
      default_text(
          {"embedding_dropout", &options.embedding_dropout, "dropout on embeddings", between(0, 0.95)},
          "as dropout"),
      default_text({"activation_dropout", &options.activation_dropout,
                    "dropout inside the feed-forward sublayer (GPT-2: 0)", between(0, 0.95)},
                   "as dropout"),
      {"attention_dropout", &options.attention_dropout, "dropout on attention weights", between(0, 0.95)},
      {"scale_embeddings", &options.scale_embeddings, "token embeddings times the root of d_model"},
      {"tie_embeddings", &options.tie_embeddings, "output layer shares the token embeddings"},
      {"output_bias", &options.output_bias, "bias of an output layer that is not tied"},
      {"initialisation", &options.initialisation,
       "initial values: xavier, gpt (deviation 0.02), or gpt2 (smaller where layers write to the residual "
       "stream)",
       one_of({"xavier", "gpt", "gpt2"})},
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
    norm_ = register_module(
        "norm",
        torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.d_model}).eps(options.norm_epsilon)));
  }
  dropout_ = register_module("dropout", nn::Dropout(options.embedding_dropout.value_or(options.dropout)));
  if (!options.tie_embeddings) {
    output_ = register_module(
        "output",
        nn::Linear(nn::LinearOptions(options.d_model, options.vocabulary).bias(options.output_bias)));
    torch::nn::init::normal_(output_->weight, 0.0, deviation);
    if (options.output_bias) torch::nn::init::zeros_(output_->bias);
  }
  if (options.initialisation != "xavier") initialise_as_gpt(*this, options);
}

double Transformer::embedding_scale() const {
  return options_.scale_embeddings ? std::sqrt(static_cast<double>(options_.d_model)) : 1.0;
}

nn::TransformerLayerImpl& Transformer::layer(int64_t index) {
  return *layers_->ptr<nn::TransformerLayerImpl>(static_cast<size_t>(index));
}

at::Tensor Transformer::embed(const at::Tensor& tokens, const at::Tensor& positions) {
  at::Tensor x = tokens_->forward(tokens);
  if (options_.scale_embeddings) x = x * embedding_scale();
  if (options_.position == "sinusoidal") x = x + nn::sinusoidal_positions(positions, options_.d_model);
  if (positions_) x = x + positions_->forward(positions);
  if (periodic_) x = x + periodic_->forward(positions.remainder(options_.position_period));
  return dropout_->forward(x);
}

void Transformer::check_length(int64_t length) const {
  TORCH_CHECK(!positions_ || length <= options_.max_length,
              "[transformer] the maximum length (max_length) is ", options_.max_length,
              ", but a sequence has ", length);
}

at::Tensor Transformer::embed(const nn::Sequence& input) {
  if (positions_ && input.positions && input.positions->numel() > 0)
    check_length(input.positions->max().item<int64_t>() + 1);
  else
    check_length(input.tokens.size(1));
  const at::Tensor positions =
      input.positions ? *input.positions
                      : at::arange(input.tokens.size(1), input.tokens.options()).expand_as(input.tokens);
  return embed(input.tokens, positions);
}

at::Tensor Transformer::finish(const at::Tensor& hidden) {
  return norm_ ? nn::layer_norm(hidden, norm_) : hidden;
}

nn::OutputLayer Transformer::output_layer() {
  if (output_) return {output_->weight, output_->bias, &packed_output_};
  return {tokens_->weight, {}, &packed_output_};
}

at::Tensor Transformer::features(const nn::Sequence& input) {
  attention::Extents extents;
  extents.segments = input.segments;
  at::Tensor x = embed(input);  // [batch, length, d_model]
  for (int64_t i = 0; i < options_.layers; ++i) x = layer(i).forward(x, extents);
  return finish(x);
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

struct Transformer::State : CachedState {
  using CachedState::CachedState;
  at::Tensor sinusoids;     ///< [capacity, d_model]; sinusoidal positions only
  nn::StepProgram program;  ///< steps of one token for each row
};

std::unique_ptr<nn::DecoderState> Transformer::start_beams(int64_t inputs, int64_t rows_per_input,
                                                           int64_t capacity) {
  auto state = std::make_unique<State>(nn::RowIndex(inputs, rows_per_input, capacity));
  if (options_.position == "sinusoidal") {
    const at::Tensor positions = at::arange(capacity, tokens_->weight.options().dtype(at::kLong));
    state->sinusoids =
        nn::sinusoidal_positions(positions, options_.d_model).to(tokens_->weight.scalar_type());
  }
  for (int64_t i = 0; i < options_.layers; ++i) state->layers.push_back(layer(i).make_cache(state->index));
  record(*state);
  return state;
}

/// What step() does after the embeddings, as a program.
void Transformer::record(State& state) {
  const nn::LayerBlocks blocks = layer(0).step_blocks(state.program);
  nn::StepBlock x = blocks.stream;
  for (int64_t i = 0; i < options_.layers; ++i)
    x = layer(i).record(state.program, state.layers[static_cast<size_t>(i)], x, blocks);
  if (norm_) state.program.norm(norm_, x, blocks.normed);
  state.program.output(output_layer(), blocks.normed);
}

/// Returns embed() of a step's tokens, [tokens, d_model].
at::Tensor Transformer::embed(const at::Tensor& tokens, const State& state) {
  const at::Tensor positions = state.index.position_tensor(tokens.device());
  const auto table = [](const torch::nn::Embedding& module) {
    return module ? module.ptr()->weight : at::Tensor();
  };
  const at::Tensor cycle = periodic_ ? positions.remainder(options_.position_period) : at::Tensor();
  return nn::sum_table_rows(tokens.size(0), {{tokens_->weight, tokens, embedding_scale()},
                                             {state.sinusoids, positions},
                                             {table(positions_), positions},
                                             {table(periodic_), cycle}});
}

at::Tensor Transformer::step(const nn::StepTokens& step, nn::DecoderState& state) {
  auto& own = dynamic_cast<State&>(state);
  own.index.advance(step.counts);
  check_length(own.index.longest());
  const at::Tensor wanted = nn::wanted_tokens(step, own.rows());
  at::Tensor x = embed(step.tokens, own);
  if (!is_training() && !wanted.defined() && own.program.takes(own.index))
    return own.program.run(x, own.index);
  for (int64_t i = 0; i < options_.layers; ++i)
    x = layer(i).step(x, own.layers[static_cast<size_t>(i)], own.index);
  return logits(finish(selected(x, wanted)));  // [wanted, vocabulary]
}

}  // namespace heed::models
