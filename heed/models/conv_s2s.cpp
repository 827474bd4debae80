// SPDX-License-Identifier: Apache-2.0
#include "heed/models/conv_s2s.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

#include "heed/nn/activation.h"
#include "heed/nn/cached_attention.h"

namespace heed::models {
namespace {

constexpr double kHalf = 1 / std::numbers::sqrt2;  ///< keeps the variance of a sum of two terms

/// [batch, length + kernel - 1, hidden] -> [batch, length, kernel * hidden]
at::Tensor windows(const at::Tensor& padded, int64_t kernel) {
  const int64_t length = padded.size(1) - kernel + 1;
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < kernel; ++i) parts.push_back(padded.narrow(1, i, length));
  return at::cat(parts, 2);
}

at::Tensor pad(const at::Tensor& x, int64_t before, int64_t after) {
  return at::constant_pad_nd(x, {0, 0, before, after});
}

/// Returns x unchanged, with its gradient multiplied by `scale`.
at::Tensor scale_gradient(const at::Tensor& x, double scale) {
  if (!at::GradMode::is_enabled()) return x;
  const at::Tensor fixed = x.detach();
  return fixed + (x - fixed) * scale;
}

/// sqrt(length) of each sentence: a mean over m positions divides the variance by m.
at::Tensor spread(const at::Tensor& lengths) {
  return lengths.to(at::kFloat).sqrt();
}

}  // namespace

struct ConvS2S::State : nn::DecoderState {
  State(nn::RowIndex rows, const at::Tensor& lengths)
      : index(std::move(rows)), memory(lengths), spread_by_input(spread(lengths)) {}

  nn::RowIndex index;
  nn::MemoryIndex memory;
  at::Tensor key, value;            ///< [inputs, source_length, embedding]
  at::Tensor spread_by_input;       ///< [inputs]
  std::vector<at::Tensor> history;  ///< last kernel - 1 inputs of each block, [rows, kernel - 1, hidden]
  bool keep_weights = false;
  at::Tensor weights;  ///< attention weights of the last block in the latest step, [rows, 1, source_length]

  void reorder(const at::Tensor& rows) override {
    index.reorder(rows);
    for (auto& inputs : history) inputs = inputs.index_select(0, rows.to(inputs.device()));
  }
  int64_t rows() const override { return index.rows(); }
  void keep_cross_attention() override { keep_weights = true; }
  at::Tensor cross_attention() const override { return weights; }
  /// spread_by_input of each row, [rows, 1].
  at::Tensor spread_of_rows() const {
    std::vector<int64_t> inputs;
    for (int64_t row = 0; row < index.rows(); ++row) inputs.push_back(index.input(row));
    return spread_by_input.index_select(0, at::tensor(inputs, at::kLong).to(key.device())).unsqueeze(1);
  }
};

std::vector<Field> fields(ConvS2SOptions& options) {
  return {
      {"embedding", &options.embedding, "width of embeddings and attention", at_least(1)},
      {"hidden", &options.hidden, "width of the convolution outputs", at_least(1)},
      {"encoder_layers", &options.encoder_layers, "blocks of the encoder", between(1, 10000)},
      {"decoder_layers", &options.decoder_layers, "blocks of the decoder, each with attention",
       between(1, 10000)},
      {"kernel", &options.kernel, "kernel size in positions; odd", at_least(1)},
      {"max_length", &options.max_length, "number of learned positions", at_least(1)},
      {"dropout", &options.dropout, "dropout on embeddings and convolution inputs", between(0, 0.95)},
      nn::tie_embeddings_field(options.tie_embeddings),
      {"attention_backend", &options.attention_backend, "auto, reference, tiled or fused",
       one_of({"auto", "reference", "tiled", "fused"})},
  };
}

ConvS2S::ConvS2S(const ConvS2SOptions& options)
    : options_(options),
      tokens_(*this,
              {options.source_vocabulary, options.vocabulary, options.embedding, options.tie_embeddings},
              "conv_s2s") {
  const int64_t embedding = options.embedding, hidden = options.hidden, window = options.kernel * hidden;
  TORCH_CHECK(options.kernel % 2 == 1, "[conv_s2s] kernel must be odd, got ", options.kernel);
  const auto positions = [&](const char* name) {
    auto module = register_module(name, torch::nn::Embedding(options.max_length, embedding));
    torch::nn::init::normal_(module->weight, 0.0, 1.0 / std::sqrt(static_cast<double>(embedding)));
    return module;
  };
  source_positions_ = positions("source_positions");
  positions_ = positions("positions");
  // Section 3.5: gated layers need four times the variance; inputs after dropout need 1 - p of it.
  const double kept = 1 - options.dropout;
  const auto linear = [](int64_t in, int64_t out, double gain) {
    return nn::WeightNormLinear(in, out, std::sqrt(gain / static_cast<double>(in)));
  };
  encoder_in_ = register_module("encoder_in", linear(embedding, hidden, kept));
  encoder_out_ = register_module("encoder_out", linear(hidden, embedding, 1));
  decoder_in_ = register_module("decoder_in", linear(embedding, hidden, kept));
  decoder_out_ = register_module("decoder_out", linear(hidden, embedding, 1));
  const auto list = [&](const char* name) { return register_module(name, torch::nn::ModuleList()); };
  encoder_ = list("encoder");
  decoder_ = list("decoder");
  query_ = list("query");
  found_ = list("found");
  for (int64_t i = 0; i < options.encoder_layers; ++i)
    encoder_->push_back(linear(window, 2 * hidden, 4 * kept));
  for (int64_t i = 0; i < options.decoder_layers; ++i) {
    decoder_->push_back(linear(window, 2 * hidden, 4 * kept));
    query_->push_back(linear(hidden, embedding, 1));
    found_->push_back(linear(embedding, hidden, 1));
  }
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
}

nn::WeightNormLinearImpl& ConvS2S::layer_of(const torch::nn::ModuleList& list, int64_t index) const {
  return *list->ptr<nn::WeightNormLinearImpl>(static_cast<size_t>(index));
}

at::Tensor ConvS2S::embed(const at::Tensor& embedded, torch::nn::Embedding& positions,
                          const at::Tensor& places) {
  return dropout_->forward(embedded + positions->forward(places));
}

/// Returns the positions 0, 1, ... of [batch, length] tokens.
at::Tensor ConvS2S::places(const at::Tensor& tokens) const {
  TORCH_CHECK(tokens.size(1) <= options_.max_length, "[conv_s2s] the maximum length is ", options_.max_length,
              ", but a sequence has ", tokens.size(1));
  return at::arange(tokens.size(1), tokens.options());
}

at::Tensor ConvS2S::gated(const torch::nn::ModuleList& convolutions, int64_t layer,
                          const at::Tensor& windows) {
  return nn::row_glu(layer_of(convolutions, layer).forward(windows));
}

ConvS2S::Reading ConvS2S::read(const nn::Source& source) {
  const at::Tensor place = places(source.tokens);
  const at::Tensor real = (place < source.lengths.unsqueeze(1)).unsqueeze(2).to(at::kFloat);
  // Padding past a sentence's end is zero for every convolution.
  const at::Tensor embedded = embed(tokens_.source(source.tokens), source_positions_, place);
  at::Tensor x = encoder_in_->forward(embedded);
  const int64_t around = options_.kernel / 2;
  for (int64_t i = 0; i < options_.encoder_layers; ++i) {
    const at::Tensor input = pad(dropout_->forward(x) * real, around, around);
    x = (gated(encoder_, i, windows(input, options_.kernel)) + x) * kHalf;
  }
  // Each decoder block sends a gradient here twice: through key and through value.
  const at::Tensor key =
      scale_gradient(encoder_out_->forward(x), 0.5 / static_cast<double>(options_.decoder_layers));
  return {key, (key + embedded) * kHalf, source.lengths};
}

at::Tensor ConvS2S::query(int64_t layer, const at::Tensor& gated, const at::Tensor& embedded) {
  return (layer_of(query_, layer).forward(gated) + embedded) * kHalf;
}

attention::Spec ConvS2S::spec(const at::Tensor& lengths) const {
  attention::Spec spec;
  spec.pattern = attention::Dense{.causal = false};
  spec.score = attention::Dot{.scale = 1.0};
  spec.extents.key_lengths = lengths;
  spec.backend = attention::parse_backend(options_.attention_backend);
  return spec;
}

at::Tensor ConvS2S::join(int64_t layer, const at::Tensor& input, const at::Tensor& gated,
                         const at::Tensor& found) {
  return ((layer_of(found_, layer).forward(found) + gated) * kHalf + input) * kHalf;
}

at::Tensor ConvS2S::finish(const at::Tensor& hidden) {
  return dropout_->forward(decoder_out_->forward(hidden));
}

/// Returns the input of the decoder's block number `blocks` and, if `next_query` is not null, that block's
/// query.
at::Tensor ConvS2S::write(const at::Tensor& target, const Reading& reading, int64_t blocks,
                          at::Tensor* next_query) {
  const at::Tensor embedded = embed(tokens_.target(target), positions_, places(target));
  at::Tensor x = decoder_in_->forward(embedded);
  for (int64_t i = 0;; ++i) {
    if (i == blocks && !next_query) return x;
    const at::Tensor input = pad(dropout_->forward(x), options_.kernel - 1, 0);
    const at::Tensor y = gated(decoder_, i, windows(input, options_.kernel)), asked = query(i, y, embedded);
    if (i == blocks) {
      *next_query = asked;
      return x;
    }
    const auto result = attention::attend(asked.unsqueeze(1), reading.key.unsqueeze(1),
                                          reading.value.unsqueeze(1), spec(reading.lengths));
    x = join(i, x, y, result.output.squeeze(1) * spread(reading.lengths).view({-1, 1, 1}));
  }
}

at::Tensor ConvS2S::features(const nn::Source& source, const nn::Target& target) {
  return finish(write(target.tokens, read(source), options_.decoder_layers, nullptr));
}

nn::AttentionTrace ConvS2S::trace(const nn::Source& source, const at::Tensor& target, nn::AttentionPart part,
                                  int64_t layer) {
  if (layer < 0 || layer >= attention_layers(part))
    return SequenceToSequenceModel::trace(source, target, part, layer);
  const Reading reading = read(source);
  at::Tensor asked;
  write(target, reading, layer, &asked);
  return {asked.unsqueeze(1), reading.key.unsqueeze(1), spec(reading.lengths)};
}

std::unique_ptr<nn::DecoderState> ConvS2S::start(const nn::Source& source, int64_t beams, int64_t capacity) {
  const Reading reading = read(source);
  const int64_t inputs = source.tokens.size(0);
  auto state = std::make_unique<State>(nn::RowIndex(inputs, beams, std::min(capacity, options_.max_length)),
                                       reading.lengths);
  state->key = reading.key.contiguous();
  state->value = reading.value.contiguous();
  for (int64_t i = 0; i < options_.decoder_layers; ++i)
    state->history.push_back(
        at::zeros({inputs, options_.kernel - 1, options_.hidden}, reading.key.options()));
  return state;
}

at::Tensor ConvS2S::step_one(const at::Tensor& tokens, State& state) {
  state.index.advance();
  const auto& seen = state.memory.look(state.index);
  const nn::CachedKeys keys{state.key.transpose(0, 1), state.value.transpose(0, 1)};
  const at::Tensor embedded = embed(tokens_.target(tokens), positions_,
                                    state.index.position_tensor(tokens.device()));  // [rows, embedding]
  const at::Tensor scale = state.spread_of_rows();
  at::Tensor x = decoder_in_->forward(embedded);
  for (int64_t i = 0; i < options_.decoder_layers; ++i) {
    auto& history = state.history[static_cast<size_t>(i)];
    const at::Tensor window = at::cat({history, x.unsqueeze(1)}, 1);  // [rows, kernel, hidden]
    history = window.narrow(1, 1, options_.kernel - 1);
    const at::Tensor y = gated(decoder_, i, window.flatten(1));
    at::Tensor* weights = state.keep_weights ? &state.weights : nullptr;
    const at::Tensor found = nn::cached_attention(query(i, y, embedded), keys, seen, {.scale = 1}, weights);
    x = join(i, x, y, found * scale);
  }
  return x;
}

at::Tensor ConvS2S::step(const nn::StepTokens& step, nn::DecoderState& state) {
  auto& own = dynamic_cast<State&>(state);
  at::Tensor x;
  for (const auto& tokens : nn::even_columns(step, own.rows())) x = step_one(tokens, own);
  return logits(finish(x));
}

}  // namespace heed::models
