// SPDX-License-Identifier: Apache-2.0
#include "heed/models/lstm.h"

#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

#include "heed/models/cached_state.h"
#include "heed/nn/activation.h"
#include "heed/nn/lstm.h"
#include "heed/nn/row_history.h"

namespace heed::models {
namespace {

void initialise_forget_gates(torch::nn::LSTMImpl& lstm, int64_t hidden) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : lstm.named_parameters(/*recurse=*/false)) {
    // The gates are in the order input, forget, cell, output. The two biases add up.
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

struct Lstm::State : nn::DecoderState {
  explicit State(nn::RowIndex rows) : index(std::move(rows)) {}

  nn::RowIndex index;
  std::vector<nn::LstmCarry> layers;      ///< [rows, hidden] each
  std::vector<nn::RowHistory> histories;  ///< of each layer's carry; empty if no token is ever dropped
  std::optional<nn::KeyValueCache>
      past;  ///< outputs of the last layer, as keys and values; with attention only

  void reorder(const at::Tensor& order) override {
    index.reorder(order);
    for (auto& carry : layers) {
      const at::Tensor rows = order.to(carry.cell.device());
      carry = {carry.output.index_select(0, rows), carry.cell.index_select(0, rows)};
    }
    for (auto& history : histories) history.reorder(order);
  }
  int64_t rows() const override { return index.rows(); }

  void allow_drops(int64_t tokens) override {
    TORCH_CHECK(index.longest() == 0, "[lstm] allow_drops must come before the first step");
    histories.clear();
    for (const auto& carry : layers)
      histories.emplace_back(tokens, std::vector<at::Tensor>{carry.output, carry.cell});
  }
  void drop_last(at::IntArrayRef counts) override {
    TORCH_CHECK(!histories.empty(), "[lstm] call allow_drops before tokens are dropped");
    for (size_t i = 0; i < layers.size(); ++i) {
      const auto values = histories[i].drop_last(counts);
      layers[i] = {values[0], values[1]};
    }
    index.drop_last(counts);
  }
};

std::vector<Field> fields(LstmOptions& options) {
  return {
      {"embedding", &options.embedding, "width of the token embeddings", at_least(1)},
      {"hidden", &options.hidden, "width of each LSTM layer", at_least(1)},
      {"layers", &options.layers, "LSTM layers", between(1, 10000)},
      {"dropout", &options.dropout, "dropout on embeddings, between layers and on outputs", between(0, 0.95)},
      {"attention", &options.attention, "attention over the model's own past outputs"},
      {"attention_heads", &options.attention_heads, "attention heads; divides hidden", at_least(1)},
      {"tie_embeddings", &options.tie_embeddings, "output layer shares the token embeddings"},
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
  const auto weights = lstm_->named_parameters(/*recurse=*/false);
  for (int64_t i = 0; i < options.layers; ++i) {
    const std::string end = "_l" + std::to_string(i);
    steps_.push_back({weights["weight_ih" + end],
                      weights["weight_hh" + end],
                      weights["bias_ih" + end],
                      weights["bias_hh" + end],
                      {},
                      {}});
  }
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
              "[lstm] does not support packed segments: the state cannot be reset inside a "
              "row; turn packing off");
  const at::Tensor x = embed(input.tokens);
  if (!nn::lstm_cell_kernel.find(x)) return std::get<0>(lstm_->forward(x));  // [batch, length, hidden]
  return fused_outputs(x);
}

/// The layers by heed's kernels: embedded [batch, length, embedding] to [batch, length, hidden].
at::Tensor Lstm::fused_outputs(const at::Tensor& embedded) {
  const at::Tensor none =
      at::zeros({embedded.size(0), options_.hidden}, embedded.options().requires_grad(false));
  at::Tensor x = embedded.transpose(0, 1);  // [length, batch, embedding]
  for (size_t i = 0; i < steps_.size(); ++i) {
    Layer& layer = steps_[i];
    if (i > 0) x = dropout_->forward(x);
    const at::Tensor gates =
        nn::linear(x, layer.input, layer.input_bias + layer.recurrent_bias, &layer.packed_input);
    x = nn::lstm_steps(gates.to(layer.recurrent.scalar_type()), layer.recurrent, {none, none},
                       &layer.packed_recurrent)
            .output;
  }
  return x.transpose(0, 1).contiguous();
}

at::Tensor Lstm::split_heads(const at::Tensor& hidden) const {
  const int64_t heads = options_.attention_heads;
  return hidden.unflatten(2, {heads, options_.hidden / heads}).transpose(1, 2);
}

at::Tensor Lstm::combine(const at::Tensor& context, const at::Tensor& hidden) {
  return nn::row_tanh(combine_->forward(at::cat({context, hidden}, -1)));
}

nn::OutputLayer Lstm::output_layer() {
  if (output_) return {output_->weight, output_->bias, &packed_output_};
  return {tokens_->weight, {}, &packed_output_};
}

std::vector<nn::PackedWeight*> Lstm::packed_weights() {
  std::vector<nn::PackedWeight*> packed{&packed_output_};
  for (Layer& layer : steps_) packed.insert(packed.end(), {&layer.packed_input, &layer.packed_recurrent});
  return packed;
}

at::Tensor Lstm::features(const nn::Sequence& input) {
  at::Tensor hidden = outputs(input);
  if (options_.attention) {
    const at::Tensor memory = split_heads(hidden);  // [batch, heads, length, head_dim]
    const auto found =
        attention::attend(split_heads(query_->forward(hidden)), memory, memory, causal_spec(options_));
    hidden = combine(found.output.transpose(1, 2).flatten(2), hidden);
  }
  return dropout_->forward(hidden);  // [batch, length, hidden]
}

nn::AttentionTrace Lstm::trace(const nn::Sequence& input, int64_t layer) {
  TORCH_CHECK(layer >= 0 && layer < attention_layers(), "[trace] layer must be below ", attention_layers(),
              ", got ", layer);
  const at::Tensor hidden = outputs(input);
  return {split_heads(query_->forward(hidden)), split_heads(hidden), causal_spec(options_)};
}

std::unique_ptr<nn::DecoderState> Lstm::start_beams(int64_t inputs, int64_t rows_per_input,
                                                    int64_t capacity) {
  auto state = std::make_unique<State>(nn::RowIndex(inputs, rows_per_input, capacity));
  const auto like = tokens_->weight.options().requires_grad(false);
  const at::Tensor none = at::zeros({inputs, options_.hidden}, like);
  state->layers.assign(steps_.size(), {none, none});
  if (options_.attention) {
    const nn::KeyValueShape shape{options_.attention_heads, options_.hidden / options_.attention_heads};
    state->past.emplace(state->index, shape, like);
  }
  return state;
}

/// Runs a step's tokens through a layer: input [tokens, width] to its outputs [tokens, hidden]. Its input products are
/// one product; then the rows consume a token at a time.
at::Tensor Lstm::step_layer(size_t number, const at::Tensor& input,
                            const std::vector<nn::TokenColumn>& columns, State& state) {
  Layer& layer = steps_[number];
  nn::LstmCarry& all = state.layers[number];
  const at::Tensor gates = nn::linear(input, layer.input, layer.input_bias, &layer.packed_input);
  const auto some = [](const at::Tensor& t, const at::Tensor& index) {
    return index.defined() ? t.index_select(0, index.to(t.device())) : t;
  };
  at::Tensor outputs;
  for (const auto& [rows, tokens, queries] : columns) {
    const at::Tensor recurrent =
        nn::linear(some(all.output, rows), layer.recurrent, layer.recurrent_bias, &layer.packed_recurrent);
    const nn::LstmCarry next = nn::lstm_cell(some(gates, queries), recurrent, some(all.cell, rows));
    const at::Tensor index = rows.defined() ? rows.to(input.device()) : rows;
    all = index.defined() ? nn::LstmCarry{all.output.index_copy(0, index, next.output),
                                          all.cell.index_copy(0, index, next.cell)}
                          : next;
    if (!state.histories.empty()) state.histories[number].record(rows, {all.output, all.cell});
    if (!queries.defined()) return next.output;
    if (!outputs.defined()) outputs = at::empty({input.size(0), options_.hidden}, next.output.options());
    outputs.index_copy_(0, queries.to(input.device()), next.output);
  }
  return outputs;
}

at::Tensor Lstm::step(const nn::StepTokens& step, nn::DecoderState& state) {
  auto& own = dynamic_cast<State&>(state);
  own.index.advance(step.counts);
  const auto columns = nn::token_columns(step, own.rows());
  at::Tensor hidden = embed(step.tokens);  // [tokens, embedding]
  for (size_t i = 0; i < steps_.size(); ++i) hidden = step_layer(i, hidden, columns, own);
  if (options_.attention) {
    own.past->append(at::cat({hidden, hidden}, 1), own.index);
    const at::Tensor found = nn::cached_attention(query_->forward(hidden), own.past->keys(),
                                                  own.index.queries(), {.heads = options_.attention_heads});
    hidden = combine(found, hidden);
  }
  return logits(selected(hidden, nn::wanted_tokens(step, own.rows())));  // [wanted, vocabulary]
}

}  // namespace heed::models
