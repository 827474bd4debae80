// SPDX-License-Identifier: Apache-2.0
#include "heed/models/image_transformer.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/functional/loss.h>
#include <torch/nn/init.h>

#include "heed/models/cached_state.h"
#include "heed/nn/activation.h"
#include "heed/nn/discretized_logistic_mixture.h"
#include "heed/nn/layer_norm.h"
#include "heed/nn/table_rows.h"

namespace heed::models {
namespace {

constexpr int64_t kLevels = 256;

attention::Pattern make_pattern(const ImageTransformerOptions& options, const nn::ImageDomain& domain,
                                int64_t position_channels) {
  if (options.attention == "local_1d")
    return attention::Local1d{.query_block = options.query_block, .memory_before = options.memory_block};
  if (options.attention == "local_2d")
    return attention::Local2d{.height = domain.height,
                              .width = domain.width,
                              .channels = domain.channels / position_channels,
                              .query_height = options.query_height,
                              .query_width = options.query_width,
                              .flange = options.flange};
  return attention::Dense{.causal = true};
}

nn::TransformerLayer make_layer(const ImageTransformerOptions& options, const attention::Pattern& pattern,
                                int64_t positions, bool cross) {
  nn::TransformerLayerOptions layer;
  layer.attention.d_model = options.d_model;
  layer.attention.heads = options.heads;
  layer.attention.pattern = pattern;
  if (options.distance) layer.attention.relation = nn::RelationKind::kPerHead;
  layer.attention.max_relative_distance = positions;
  layer.attention.dropout = options.attention_dropout;
  layer.attention.backend = attention::parse_backend(options.attention_backend);
  layer.d_ff = options.d_ff;
  layer.dropout = options.dropout;
  layer.activation = options.activation;
  layer.pre_norm = options.norm == "pre";
  layer.cross = cross;
  return nn::TransformerLayer(layer);
}

nn::TransformerLayerImpl& layer_of(const torch::nn::ModuleList& stack, int64_t index) {
  return *stack->ptr<nn::TransformerLayerImpl>(static_cast<size_t>(index));
}

}  // namespace

struct ImageTransformer::State : CachedState {
  State(nn::RowIndex rows, const at::Tensor& source_lengths) : CachedState(std::move(rows)) {
    if (source_lengths.defined()) memory.emplace(source_lengths);
  }
  std::optional<nn::MemoryIndex> memory;  ///< only with a low-resolution source
  at::Tensor offsets;  ///< [rows or 1, positions, d_model]: encoding added to the value at every position
  std::vector<at::Tensor> pending;  ///< values so far of the current position, [rows] each
  at::Tensor output;                ///< output of the current position, [rows, ...]
  int64_t values = 0;

  /// Returns the values so far of the current position, [rows, count].
  at::Tensor known() const { return pending.size() == 1 ? pending[0].unsqueeze(1) : at::stack(pending, 1); }

  void reorder(const at::Tensor& order) override {
    const auto take = [&](at::Tensor& tensor) {
      if (tensor.defined()) tensor = tensor.index_select(0, order.to(tensor.device()));
    };
    index.reorder(order);
    if (offsets.size(0) > 1) take(offsets);
    for (auto& value : pending) take(value);
    take(output);
  }
};

std::vector<Field> fields(ImageTransformerOptions& options) {
  return {
      {"d_model", &options.d_model, "width of the residual stream", at_least(4)},
      {"heads", &options.heads, "attention heads; divides d_model", at_least(1)},
      {"layers", &options.layers, "Transformer layers of the decoder", between(1, 10000)},
      {"d_ff", &options.d_ff, "hidden width of the feed-forward sublayer", at_least(1)},
      {"attention", &options.attention, "attention pattern over earlier positions",
       one_of({"full", "local_1d", "local_2d"})},
      {"query_block", &options.query_block, "local_1d: positions per query block", at_least(1)},
      {"memory_block", &options.memory_block, "local_1d: positions attended to before the block",
       at_least(0)},
      {"query_height", &options.query_height, "local_2d: rows of a query block", at_least(1)},
      {"query_width", &options.query_width, "local_2d: columns of a query block", at_least(1)},
      {"flange", &options.flange, "local_2d: pixels attended to above, left and right of the block",
       at_least(0)},
      {"position", &options.position, "encoding of rows and columns",
       one_of({"none", "sinusoidal", "learned"})},
      {"distance", &options.distance, "relative position embeddings in every decoder layer"},
      {"output", &options.output,
       "a softmax over 256 classes per value, or a discretised mixture of logistics per pixel",
       one_of({"categorical", "dmol"})},
      {"mixtures", &options.mixtures, "dmol: logistics per pixel", at_least(1)},
      {"encoder_layers", &options.encoder_layers, "encoder layers, for a low-resolution source",
       between(1, 10000)},
      {"source_at_place", &options.source_at_place,
       "adds the encoder's output at the source pixel that contains a position"},
      {"norm", &options.norm, "layer norm before (pre) or after (post) each sublayer",
       one_of({"pre", "post"})},
      {"activation", &options.activation, "activation of the feed-forward sublayer",
       one_of(nn::activation_names())},
      {"dropout", &options.dropout, "dropout on embeddings and sublayer outputs", between(0, 0.95)},
      {"attention_dropout", &options.attention_dropout, "dropout on attention weights", between(0, 0.95)},
      {"attention_backend", &options.attention_backend, "auto, reference, tiled or fused",
       one_of({"auto", "reference", "tiled", "fused"})},
  };
}

ImageTransformer::ImageTransformer(const ImageTransformerOptions& options, const nn::ImageDomain& domain)
    : PixelModel(domain),
      options_(options),
      position_channels_(options.output == "dmol" ? domain.channels : 1),
      pattern_(make_pattern(options, domain, position_channels_)) {
  const int64_t positions = domain.values() / position_channels_;
  const auto* image = std::get_if<attention::Local2d>(&pattern_);
  places_ =
      image != nullptr ? attention::local_2d_order(*image).contiguous() : at::arange(positions, at::kLong);
  plan_ = std::make_shared<const nn::DecodingPlan>(pattern_, positions);
  order_ = (places_.unsqueeze(1) * position_channels_ + at::arange(position_channels_, at::kLong)).flatten();

  nn::PixelEmbeddingOptions pixels{domain.height, domain.width, domain.channels};
  pixels.whole_pixels = position_channels_ > 1;
  pixels.position = options.position;
  pixels.d_model = options.d_model;
  pixels.begin = true;
  pixels_ = register_module("pixels", nn::PixelEmbedding(pixels));
  const bool source = domain.source_height > 0;
  if (source) add_encoder();
  if (domain.classes > 0) {
    classes_ = register_module("classes", torch::nn::Embedding(domain.classes, options.d_model));
    torch::nn::init::normal_(classes_->weight, 0.0, 1.0);
  }
  decoder_ = register_module("layers", torch::nn::ModuleList());
  for (int64_t i = 0; i < options.layers; ++i)
    decoder_->push_back(make_layer(options, pattern_, positions, source));
  if (options.norm == "pre") {
    const auto norm = [&] { return torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.d_model})); };
    norm_ = register_module("norm", norm());
    if (source) encoder_norm_ = register_module("encoder_norm", norm());
  }
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
  add_output();
}

void ImageTransformer::add_encoder() {
  const nn::ImageDomain& d = domain();
  nn::PixelEmbeddingOptions smaller{d.source_height, d.source_width, d.channels};
  smaller.d_model = options_.d_model;
  smaller.row_scale = std::max<int64_t>(1, d.height / d.source_height);
  smaller.column_scale = std::max<int64_t>(1, d.width / d.source_width);
  source_pixels_ = register_module("source_pixels", nn::PixelEmbedding(smaller));
  if (options_.source_at_place) {
    at_place_ =
        register_module("at_place", nn::Linear(options_.d_model * position_channels_, options_.d_model));
  }
  encoder_ = register_module("encoder", torch::nn::ModuleList());
  ImageTransformerOptions reader = options_;
  reader.distance = false;  // its sinusoids encode all positions
  for (int64_t i = 0; i < options_.encoder_layers; ++i)
    encoder_->push_back(make_layer(reader, attention::Dense{.causal = false}, 1, false));
}

void ImageTransformer::add_output() {
  const bool mixture = options_.output == "dmol";
  const int64_t channels = domain().channels;
  const int64_t width = mixture ? nn::discretized_logistic_parameters(channels, options_.mixtures) : kLevels;
  output_ = register_module("output", nn::Linear(options_.d_model, width));
  torch::nn::init::normal_(output_->weight, 0.0, 0.1 / std::sqrt(static_cast<double>(options_.d_model)));
  const at::NoGradGuard no_gradient;
  output_->bias.zero_();
  if (mixture) output_->bias.copy_(nn::discretized_logistic_bias(channels, options_.mixtures));
}

nn::TransformerLayerImpl& ImageTransformer::layer(int64_t index) {
  return layer_of(decoder_, index);
}

at::Tensor ImageTransformer::sequence(const at::Tensor& images) const {
  return images.flatten(1).index_select(1, order_.to(images.device())).unflatten(1, {-1, position_channels_});
}

at::Tensor ImageTransformer::offsets(const nn::ImageCondition& condition, const nn::Memory& memory) {
  const at::Tensor places = places_.to(pixels_->begin().device());
  at::Tensor sum = pixels_->places(places).unsqueeze(0);
  if (classes_) sum = sum + classes_->forward(*condition.labels).unsqueeze(1);
  if (!at_place_) return sum;
  const nn::ImageDomain& d = domain();
  const int64_t apart = d.channels / position_channels_;  // positions per pixel
  const at::Tensor pixel = places.div(apart, "floor");
  const at::Tensor row = (pixel.div(d.width, "floor") * d.source_height).div(d.height, "floor");
  const at::Tensor column = (pixel.remainder(d.width) * d.source_width).div(d.width, "floor");
  const at::Tensor small = (row * d.source_width + column) * apart + places.remainder(apart);
  // [batch, source pixels, states of a pixel's values side by side]
  const at::Tensor states = memory.states.unflatten(1, {-1, position_channels_}).flatten(2);
  return sum + at_place_->forward(states).index_select(1, small);
}

at::Tensor ImageTransformer::embed(const at::Tensor& sequence, const nn::ImageCondition& condition,
                                   const nn::Memory& memory) {
  const at::Tensor places = places_.to(sequence.device());
  const int64_t before = places.size(0) - 1;
  const at::Tensor values = pixels_->values(sequence.narrow(1, 0, before), places.narrow(0, 0, before));
  const at::Tensor begin = pixels_->begin().expand({sequence.size(0), 1, options_.d_model});
  const at::Tensor x = at::cat({begin, values}, 1) + offsets(condition, memory);
  return dropout_->forward(x);  // [batch, positions, d_model]
}

nn::Memory ImageTransformer::encode(const nn::ImageCondition& condition) {
  if (!condition.source) return {};
  const at::Tensor values = condition.source->flatten(1).unsqueeze(2);  // [batch, positions, 1]
  const at::Tensor places = at::arange(values.size(1), values.options().dtype(at::kLong));
  at::Tensor x = dropout_->forward(source_pixels_->values(values, places) + source_pixels_->places(places));
  for (int64_t i = 0; i < options_.encoder_layers; ++i) x = layer_of(encoder_, i).forward(x, {});
  return {encoder_norm_ ? nn::layer_norm(x, encoder_norm_) : x,
          at::full({values.size(0)}, values.size(1), places.options())};
}

at::Tensor ImageTransformer::outputs(const at::Tensor& hidden) {
  return output_->forward(norm_ ? nn::layer_norm(hidden, norm_) : hidden);
}

at::Tensor ImageTransformer::nll(const at::Tensor& images, const nn::ImageCondition& condition) {
  namespace F = torch::nn::functional;
  check_images(images);
  check_condition(condition, images.size(0));
  const nn::Memory memory = encode(condition);
  const at::Tensor values = sequence(images);  // [batch, positions, channels of a position]
  at::Tensor x = embed(values, condition, memory);
  for (int64_t i = 0; i < options_.layers; ++i) x = layer(i).forward(x, {}, memory);
  const at::Tensor output = outputs(x);
  at::Tensor nats;  // [batch, positions]
  if (options_.output == "dmol") {
    nats = nn::discretized_logistic_nll(output, values);
  } else {
    nats =
        F::cross_entropy(output.flatten(0, 1).to(at::promote_types(output.scalar_type(), at::kFloat)),
                         values.flatten().to(at::kLong), F::CrossEntropyFuncOptions().reduction(torch::kNone))
            .view({images.size(0), -1});
  }
  const at::Tensor raster = nats.index_select(1, places_.argsort().to(nats.device()));
  return raster.view({images.size(0), domain().height, domain().width, -1}).sum(-1);
}

nn::AttentionTrace ImageTransformer::trace(const at::Tensor& images, const nn::ImageCondition& condition,
                                           int64_t chosen) {
  check_images(images);
  check_condition(condition, images.size(0));
  TORCH_CHECK(chosen >= 0 && chosen < options_.layers, "[trace] layer must be below ", options_.layers,
              ", got ", chosen);
  const nn::Memory memory = encode(condition);
  at::Tensor x = embed(sequence(images), condition, memory);
  for (int64_t i = 0; i < chosen; ++i) x = layer(i).forward(x, {}, memory);
  auto& attention = layer(chosen).attention();
  const auto projected = attention->project(layer(chosen).attention_input(x));
  return {projected.query, projected.key, attention->spec({})};
}

std::unique_ptr<nn::DecoderState> ImageTransformer::start(int64_t batch,
                                                          const nn::ImageCondition& condition) {
  check_condition(condition, batch);
  const nn::Memory memory = encode(condition);
  auto state = std::make_unique<State>(nn::RowIndex(batch, 1, places_.size(0), plan_), memory.lengths);
  for (int64_t i = 0; i < options_.layers; ++i)
    state->layers.push_back(layer(i).make_cache(state->index, memory));
  state->offsets = offsets(condition, memory);
  return state;
}

at::Tensor ImageTransformer::step_position(State& state) {
  const int64_t position = state.values / position_channels_, rows = state.rows();
  state.index.advance();
  const nn::StepQueries seen = state.memory ? state.memory->look(state.index) : nn::StepQueries{};
  const at::Tensor added = state.offsets.select(1, position);  // [rows or 1, d_model]
  at::Tensor x = position > 0
                     ? pixels_->step(state.known(), places_.const_data_ptr<int64_t>()[position - 1], added)
                     : nn::sum_table_rows(rows, {{pixels_->begin().unsqueeze(0), {}}, {added, {}}});
  state.pending.clear();
  for (int64_t i = 0; i < options_.layers; ++i)
    x = layer(i).step(x, state.layers[static_cast<size_t>(i)], state.index, seen);
  return outputs(x);
}

at::Tensor ImageTransformer::step(const nn::StepTokens& step, nn::DecoderState& state) {
  auto& own = dynamic_cast<State&>(state);
  const at::Tensor previous = check_step(step, state);
  TORCH_CHECK(own.values < domain().values(), "[image_transformer] the image is complete");
  if (own.values > 0) own.pending.push_back(previous);
  if (own.values % position_channels_ == 0) own.output = step_position(own);
  ++own.values;
  if (options_.output != "dmol") return own.output;
  const at::Tensor known = own.pending.empty() ? at::zeros({own.rows(), 0}, previous.options()) : own.known();
  return nn::discretized_logistic_logits(own.output, domain().channels, known);
}

}  // namespace heed::models
