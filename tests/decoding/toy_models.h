// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <memory>
#include <mutex>
#include <vector>

#include <ATen/ATen.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include "heed/nn/sequence_model.h"

namespace heed::testing {

/// An output layer for features that are logits.
inline nn::OutputLayer logits_as_they_are(int64_t vocabulary) {
  return {at::eye(vocabulary), {}};
}

/// A causal attention layer with one head over the consumed tokens, written out. Ignores positions.
class ToyAttention : public nn::SequenceModel {
 public:
  ToyAttention(int64_t vocabulary, int64_t width) : vocabulary_(vocabulary), width_(width) {
    tokens_ = register_module("tokens", torch::nn::Embedding(vocabulary, width));
    query_ = register_module("query", torch::nn::Linear(width, width));
    output_ = register_module("output", torch::nn::Linear(width, vocabulary));
  }

  struct State : nn::DecoderState {
    std::vector<at::Tensor> past;  // per row, [used, width]
    int64_t capacity = 0;
    void reorder(const at::Tensor& order) override {
      std::vector<at::Tensor> moved;
      for (int64_t i = 0; i < order.size(0); ++i)
        moved.push_back(past.at(static_cast<size_t>(order[i].item<int64_t>())));
      past = std::move(moved);
    }
    int64_t rows() const override { return std::ssize(past); }
    void allow_drops(int64_t) override {}
    void drop_last(at::IntArrayRef counts) override {
      for (size_t i = 0; i < past.size(); ++i) past[i] = past[i].narrow(0, 0, past[i].size(0) - counts.at(i));
    }
  };

  at::Tensor features(const nn::Sequence& input) override {
    std::vector<at::Tensor> rows;
    for (int64_t i = 0; i < input.tokens.size(0); ++i) {
      at::Tensor past = at::empty({0, width_});
      rows.push_back(pass(input.tokens[i], past));
    }
    return at::stack(rows);
  }
  nn::OutputLayer output_layer() override { return logits_as_they_are(vocabulary_); }
  std::unique_ptr<nn::DecoderState> start(int64_t rows, int64_t capacity) override {
    auto state = std::make_unique<State>();
    state->past.assign(static_cast<size_t>(rows), at::empty({0, width_}));
    state->capacity = capacity;
    return state;
  }
  std::unique_ptr<nn::DecoderState> start_beams(int64_t inputs, int64_t, int64_t capacity) override {
    return start(inputs, capacity);
  }
  at::Tensor step(const nn::StepTokens& step, nn::DecoderState& any_state) override {
    auto& state = dynamic_cast<State&>(any_state);
    {
      const std::lock_guard lock(mutex_);
      rows_stepped.push_back(state.rows());
    }
    std::vector<at::Tensor> logits;
    int64_t begin = 0;
    for (size_t row = 0; row < state.past.size(); ++row) {
      const int64_t count = step.counts.empty() ? 1 : step.counts.at(row);
      const int64_t wanted = step.wanted.empty() ? 1 : step.wanted.at(row);
      logits.push_back(
          pass(step.tokens.narrow(0, begin, count), state.past[row]).narrow(0, count - wanted, wanted));
      TORCH_CHECK(state.past[row].size(0) <= state.capacity, "[toy] beyond the capacity");
      begin += count;
    }
    TORCH_CHECK(begin == step.tokens.size(0), "[toy] tokens that belong to no row");
    return at::cat(logits);
  }
  int64_t vocabulary_size() const override { return vocabulary_; }

  std::vector<int64_t> rows_stepped;  ///< number of rows in each step

 private:
  /// Logits [count, vocabulary] of one row's next tokens [count].
  at::Tensor pass(const at::Tensor& tokens, at::Tensor& past) {
    const at::Tensor x = tokens_->forward(tokens);
    const int64_t used = past.size(0), count = tokens.size(0);
    past = at::cat({past, x});
    const at::Tensor scores = query_->forward(x).mm(past.t()) / std::sqrt(double(width_));
    const at::Tensor future = at::ones({count, used + count}, at::kBool).triu(used + 1);
    const at::Tensor weights = scores.masked_fill(future, -INFINITY).softmax(-1);
    return output_->forward((x + weights.mm(past)).tanh());
  }

  int64_t vocabulary_, width_;
  std::mutex mutex_;
  torch::nn::Embedding tokens_{nullptr};
  torch::nn::Linear query_{nullptr}, output_{nullptr};
};

/// The next token depends only on the last one: logits are a row of `table` [vocabulary, vocabulary].
class ToyBigram : public nn::SequenceModel {
 public:
  explicit ToyBigram(at::Tensor table) : table_(std::move(table)) {}

  struct State : nn::DecoderState {
    int64_t count = 0;
    void reorder(const at::Tensor& order) override { count = order.size(0); }
    int64_t rows() const override { return count; }
    void allow_drops(int64_t) override {}
    void drop_last(at::IntArrayRef) override {}
  };

  at::Tensor features(const nn::Sequence& input) override { return table_.index({input.tokens}); }
  nn::OutputLayer output_layer() override { return logits_as_they_are(table_.size(0)); }
  std::unique_ptr<nn::DecoderState> start(int64_t rows, int64_t) override {
    auto state = std::make_unique<State>();
    state->count = rows;
    return state;
  }
  at::Tensor step(const nn::StepTokens& step, nn::DecoderState& state) override {
    {
      const std::lock_guard lock(mutex_);
      rows_stepped.push_back(state.rows());
    }
    const at::Tensor wanted = nn::wanted_tokens(step, state.rows());
    return table_.index({wanted.defined() ? step.tokens.index_select(0, wanted) : step.tokens});
  }
  int64_t vocabulary_size() const override { return table_.size(0); }

  std::vector<int64_t> rows_stepped;  ///< number of rows in each step

 private:
  at::Tensor table_;
  std::mutex mutex_;
};

}  // namespace heed::testing
