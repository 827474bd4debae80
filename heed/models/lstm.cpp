// SPDX-License-Identifier: Apache-2.0
#include "heed/models/lstm.h"

#include <cmath>
#include <string>
#include <tuple>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

namespace heed::models {
namespace {

struct LstmState : nn::DecodingState {
  at::Tensor hidden, cell;  ///< [layers, batch, hidden]
  at::Tensor outputs;       ///< [batch, capacity, hidden] of the last layer; undefined without attention
  int64_t capacity = 0, consumed = 0;

  void reorder(const at::Tensor& order) override {
    const at::Tensor index = order.to(hidden.device());
    hidden = hidden.index_select(1, index);
    cell = cell.index_select(1, index);
    if (outputs.defined()) outputs = outputs.index_select(0, index);
  }
  int64_t batch() const override { return hidden.size(1); }
  int64_t length() const override { return consumed; }
};

void initialise_forget_gates(torch::nn::LSTMImpl& lstm, int64_t hidden) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : lstm.named_parameters(/*recurse=*/false)) {
    // Gates stand in the order input, forget, cell, output; the two biases add up.
    if (parameter.key().rfind("bias_ih", 0) == 0) parameter.value().narrow(0, hidden, hidden).fill_(1.0);
    if (parameter.key().rfind("bias_hh", 0) == 0) parameter.value().narrow(0, hidden, hidden).fill_(0.0);
  }
}

attention::Spec causal_spec(const LstmOptions& options) {
  attention::Spec spec;
  spec.backend = attention::parse_backend(options.attention_backend);
  spec.pattern = attention::Dense{.causal = true};
  return spec;
}

}  // namespace

std::vector<Field> fields(LstmOptions& options) {
  return {
      {"embedding", &options.embedding, "width of the token embeddings", at_least(1)},
      {"hidden", &options.hidden, "width of each LSTM layer", at_least(1)},
      {"layers", &options.layers, "LSTM layers", at_least(1)},
      {"dropout", &options.dropout, "on embeddings, between layers and on outputs", between(0, 0.95)},
      {"attention", &options.attention, "attends over its own past outputs"},
      {"attention_heads", &options.attention_heads, "heads of that attention; divides hidden", at_least(1)},
      {"tie_embeddings", &options.tie_embeddings, "output weights are the token embeddings"},
      {"attention_backend", &options.attention_backend, "auto, reference, tiled or fused",
       one_of({"auto", "reference", "tiled", "fused"})},
  };
}

Lstm::Lstm(const LstmOptions& options) : options_(options) {
  TORCH_CHECK(options.vocabulary > 0, "[lstm] vocabulary must be set");
  TORCH_CHECK(!options.tie_embeddings || options.embedding == options.hidden,
              "[lstm] tied embeddings need embedding == hidden, got ", options.embedding, " and ",
              options.hidden);
  TORCH_CHECK(!options.attention || options.hidden % options.attention_heads == 0, "[lstm] hidden ",
              options.hidden, " must be a multiple of attention_heads ", options.attention_heads);
  tokens_ = register_module("tokens", torch::nn::Embedding(options.vocabulary, options.embedding));
  torch::nn::init::normal_(tokens_->weight, 0.0, 1.0 / std::sqrt(static_cast<double>(options.embedding)));
  lstm_ = register_module("lstm", torch::nn::LSTM(torch::nn::LSTMOptions(options.embedding, options.hidden)
                                                      .num_layers(options.layers)
                                                      .batch_first(true)
                                                      .dropout(options.layers > 1 ? options.dropout : 0.0)));
  initialise_forget_gates(*lstm_, options.hidden);
  if (options.attention) {
    const auto no_bias = nn::LinearOptions(options.hidden, options.hidden).bias(false);
    query_ = register_module("query", nn::Linear(no_bias));
    combine_ = register_module("combine", nn::Linear(2 * options.hidden, options.hidden));
  }
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
  if (!options.tie_embeddings)
    output_ = register_module("output", nn::Linear(options.hidden, options.vocabulary));
}

at::Tensor Lstm::embed(const at::Tensor& tokens) {
  return dropout_->forward(tokens_->forward(tokens) * std::sqrt(static_cast<double>(options_.embedding)));
}

at::Tensor Lstm::outputs(const nn::Sequence& input) {
  TORCH_CHECK(!input.segments,
              "[lstm] packed segments are not supported: the state cannot be reset inside a "
              "row; turn packing off");
  return std::get<0>(lstm_->forward(embed(input.tokens)));  // [batch, length, hidden]
}

at::Tensor Lstm::split_heads(const at::Tensor& hidden) const {
  const int64_t heads = options_.attention_heads;
  return hidden.unflatten(2, {heads, options_.hidden / heads}).transpose(1, 2);
}

at::Tensor Lstm::attend(const at::Tensor& hidden, const at::Tensor& past, const attention::Spec& spec) {
  const at::Tensor memory = split_heads(past);  // [batch, heads, past, head_dim]
  const auto result = attention::attend(split_heads(query_->forward(hidden)), memory, memory, spec);
  const at::Tensor context = result.output.transpose(1, 2).flatten(2);  // [batch, length, hidden]
  return combine_->forward(at::cat({context, hidden}, 2)).tanh();
}

at::Tensor Lstm::logits(const at::Tensor& hidden) {
  const at::Tensor x = dropout_->forward(hidden);
  return output_ ? output_->forward(x) : nn::linear(x, tokens_->weight, {}, &packed_tokens_);
}

at::Tensor Lstm::forward(const nn::Sequence& input) {
  at::Tensor hidden = outputs(input);
  if (options_.attention) hidden = attend(hidden, hidden, causal_spec(options_));
  return logits(hidden);  // [batch, length, vocabulary]
}

nn::AttentionTrace Lstm::trace(const nn::Sequence& input, int64_t layer) {
  TORCH_CHECK(layer >= 0 && layer < attention_layers(), "[trace] layer must be below ", attention_layers(),
              ", got ", layer);
  const at::Tensor hidden = outputs(input);
  return {split_heads(query_->forward(hidden)), split_heads(hidden), causal_spec(options_)};
}

std::unique_ptr<nn::DecodingState> Lstm::start(int64_t batch, int64_t capacity) {
  auto state = std::make_unique<LstmState>();
  const auto like = tokens_->weight.options().requires_grad(false);
  state->hidden = at::zeros({options_.layers, batch, options_.hidden}, like);
  state->cell = at::zeros({options_.layers, batch, options_.hidden}, like);
  if (options_.attention) state->outputs = at::empty({batch, capacity, options_.hidden}, like);
  state->capacity = capacity;
  return state;
}

at::Tensor Lstm::step(const at::Tensor& tokens, nn::DecodingState& state) {
  auto& own = dynamic_cast<LstmState&>(state);
  const int64_t start = own.consumed, count = tokens.size(1), end = start + count;
  TORCH_CHECK(end <= own.capacity, "[lstm] the state holds ", own.capacity, " tokens, the sequence needs ",
              end);
  auto [hidden, carried] = lstm_->forward(embed(tokens), std::make_tuple(own.hidden, own.cell));
  std::tie(own.hidden, own.cell) = std::move(carried);
  own.consumed = end;
  if (!options_.attention) return logits(hidden.narrow(1, count - 1, 1)).squeeze(1);

  own.outputs.narrow(1, start, count).copy_(hidden);
  attention::Spec spec = causal_spec(options_);
  spec.extents.query_start = at::full({tokens.size(0)}, end - 1, tokens.options());
  const at::Tensor last = hidden.narrow(1, count - 1, 1);  // only the last token's logits are asked for
  return logits(attend(last, own.outputs.narrow(1, 0, end), spec)).squeeze(1);  // [batch, vocabulary]
}

}  // namespace heed::models
