// SPDX-License-Identifier: Apache-2.0
#include "heed/models/sha_rnn_block.h"

#include <cmath>

#include <ATen/ops/cat.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

#include "heed/nn/activation.h"
#include "heed/nn/layer_norm.h"

namespace heed::models {
namespace {

constexpr double kNormEpsilon = 1e-12;  ///< as published: embeddings begin far below 1

}  // namespace

ShaRnnBlockImpl::ShaRnnBlockImpl(const ShaRnnBlockOptions& options) : options_(options) {
  const int64_t hidden = options.hidden;
  const auto norm = [&](const char* name) {
    return register_module(name,
                           torch::nn::LayerNorm(torch::nn::LayerNormOptions({hidden}).eps(kNormEpsilon)));
  };
  const auto linear = [&](const char* name, int64_t width) {
    auto layer = register_module(name, nn::Linear(hidden, width));
    torch::nn::init::normal_(layer->weight, 0, 0.1 / std::sqrt(static_cast<double>(hidden)));
    torch::nn::init::zeros_(layer->bias);
    return layer;
  };
  start_norm_ = norm("start_norm");
  lstm_ = register_module("lstm", nn::LstmLayer(hidden, hidden));
  boom_stream_norm_ = norm("boom_stream_norm");
  boom_norm_ = norm("boom_norm");
  boom_ = linear("boom", options.boom);
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
  if (!options.attends) return;
  stream_norm_ = norm("stream_norm");
  memory_norm_ = norm("memory_norm");
  query_norm_ = norm("query_norm");
  query_ = linear("query", hidden);
  over_ = linear("over", 2 * hidden);
  attention_ = register_module(
      "attention", nn::CausalAttention(nn::CausalAttentionOptions{.width = hidden,
                                                                  .heads = options.heads,
                                                                  .dropout = options.attention_dropout,
                                                                  .backend = options.backend}));
  query_scale_ = register_parameter("query_scale", at::zeros({hidden}));
  key_scale_ = register_parameter("key_scale", at::zeros({hidden}));
  value_scale_ = register_parameter("value_scale", at::zeros({hidden}));
}

at::Tensor ShaRnnBlockImpl::lstm_input(const at::Tensor& x) {
  return nn::layer_norm(x, start_norm_);
}

at::Tensor ShaRnnBlockImpl::feed_forward(const at::Tensor& x) {
  const int64_t hidden = options_.hidden;
  const at::Tensor wide =
      dropout_->forward(nn::activate(boom_->forward(nn::layer_norm(x, boom_norm_)), "gelu"));
  at::Tensor sum = wide.narrow(-1, 0, hidden);
  for (int64_t at = hidden; at < options_.boom; at += hidden) sum = sum + wide.narrow(-1, at, hidden);
  return dropout_->add_to(nn::layer_norm(x, boom_stream_norm_), sum);
}

ShaRnnBlockImpl::Projected ShaRnnBlockImpl::project(const at::Tensor& x) {
  const at::Tensor memory = nn::layer_norm(x, memory_norm_), stream = nn::layer_norm(x, stream_norm_);
  const at::Tensor query = nn::layer_norm(query_->forward(stream), query_norm_);
  const at::Tensor value_scale = nn::row_gated_tanh(over_->forward(value_scale_.sigmoid().unsqueeze(0)));
  return {stream, query * query_scale_.sigmoid(), memory * key_scale_.sigmoid(), memory * value_scale[0]};
}

at::Tensor ShaRnnBlockImpl::attend(const at::Tensor& x) {
  const Projected p = project(x);
  return dropout_->add_to(p.stream, attention_->forward(p.query, p.key, p.value));
}

at::Tensor ShaRnnBlockImpl::recur(const at::Tensor& x) {
  return dropout_->forward(lstm_->forward(lstm_input(x)).output);
}

at::Tensor ShaRnnBlockImpl::forward(const at::Tensor& x) {
  const at::Tensor recurrent = recur(x);
  return feed_forward(options_.attends ? attend(recurrent) : recurrent);
}

nn::AttentionTrace ShaRnnBlockImpl::trace(const at::Tensor& x) {
  const Projected p = project(recur(x));
  return attention_->trace(p.query, p.key);
}

nn::KeyValueCache ShaRnnBlockImpl::make_cache(const nn::RowIndex& index) const {
  return attention_->make_cache(index, query_->weight, query_.ptr()->packed_weights().front()->type());
}

at::Tensor ShaRnnBlockImpl::attend_step(const at::Tensor& x, nn::KeyValueCache& cache,
                                        const nn::RowIndex& index) {
  const Projected p = project(x);
  return p.stream + attention_->step(p.query, at::cat({p.key, p.value}, 1), cache, index);
}

}  // namespace heed::models
