// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include <ATen/ATen.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include "heed/nn/sequence_model.h"

namespace heed::testing {

/// One causal attention layer of one head over a cache, written out. Knows no position.
class ToyAttention : public nn::SequenceModel {
 public:
  ToyAttention(int64_t vocabulary, int64_t width) : vocabulary_(vocabulary), width_(width) {
    tokens_ = register_module("tokens", torch::nn::Embedding(vocabulary, width));
    query_ = register_module("query", torch::nn::Linear(width, width));
    output_ = register_module("output", torch::nn::Linear(width, vocabulary));
  }

  struct State : nn::DecodingState {
    at::Tensor past;  // [batch, capacity, width]
    int64_t used = 0;
    void reorder(const at::Tensor& order) override { past = past.index_select(0, order); }
    int64_t batch() const override { return past.size(0); }
    int64_t length() const override { return used; }
  };

  at::Tensor forward(const nn::Sequence& input) override {
    auto state = start(input.tokens.size(0), input.tokens.size(1));
    return pass(input.tokens, static_cast<State&>(*state));
  }
  std::unique_ptr<nn::DecodingState> start(int64_t batch, int64_t capacity) override {
    auto state = std::make_unique<State>();
    state->past = at::empty({batch, capacity, width_});
    return state;
  }
  at::Tensor step(const at::Tensor& tokens, nn::DecodingState& state) override {
    ++steps;
    return pass(tokens, dynamic_cast<State&>(state)).select(1, tokens.size(1) - 1);
  }
  int64_t vocabulary_size() const override { return vocabulary_; }

  int64_t steps = 0;

 private:
  at::Tensor pass(const at::Tensor& tokens, State& state) {
    const int64_t count = tokens.size(1), end = state.used + count;
    TORCH_CHECK(end <= state.past.size(1), "[toy] beyond the capacity");
    const at::Tensor x = tokens_->forward(tokens);
    state.past.narrow(1, state.used, count).copy_(x);
    const at::Tensor past = state.past.narrow(1, 0, end);
    const at::Tensor scores = query_->forward(x).bmm(past.transpose(1, 2)) / std::sqrt(double(width_));
    const at::Tensor future = at::ones({count, end}, at::kBool).triu(state.used + 1);
    const at::Tensor weights = scores.masked_fill(future, -INFINITY).softmax(-1);
    state.used = end;
    return output_->forward((x + weights.bmm(past)).tanh());
  }

  int64_t vocabulary_, width_;
  torch::nn::Embedding tokens_{nullptr};
  torch::nn::Linear query_{nullptr}, output_{nullptr};
};

/// The next token depends on the last one alone: logits are a row of `table` [vocabulary, vocabulary].
class ToyBigram : public nn::SequenceModel {
 public:
  explicit ToyBigram(at::Tensor table) : table_(std::move(table)) {}

  struct State : nn::DecodingState {
    int64_t rows = 0, used = 0;
    void reorder(const at::Tensor& order) override { rows = order.size(0); }
    int64_t batch() const override { return rows; }
    int64_t length() const override { return used; }
  };

  at::Tensor forward(const nn::Sequence& input) override { return table_.index({input.tokens}); }
  std::unique_ptr<nn::DecodingState> start(int64_t batch, int64_t) override {
    auto state = std::make_unique<State>();
    state->rows = batch;
    return state;
  }
  at::Tensor step(const at::Tensor& tokens, nn::DecodingState& state) override {
    static_cast<State&>(state).used += tokens.size(1);
    return table_.index({tokens.select(1, tokens.size(1) - 1)});
  }
  int64_t vocabulary_size() const override { return table_.size(0); }

 private:
  at::Tensor table_;
};

}  // namespace heed::testing
