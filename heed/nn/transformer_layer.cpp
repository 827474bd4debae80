// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/transformer_layer.h"

#include <torch/nn/init.h>

#include "heed/nn/activation.h"

namespace heed::nn {

TransformerLayerImpl::TransformerLayerImpl(const TransformerLayerOptions& options) : options_(options) {
  const int64_t d_model = options.attention.d_model;
  const auto norm = [&] { return torch::nn::LayerNorm(torch::nn::LayerNormOptions({d_model})); };
  attention_ = register_module("attention", MultiHeadAttention(options.attention));
  expand_ = register_module("expand", Linear(d_model, options.d_ff));
  contract_ = register_module("contract", Linear(options.d_ff, d_model));
  attention_norm_ = register_module("attention_norm", norm());
  feed_forward_norm_ = register_module("feed_forward_norm", norm());
  dropout_ = register_module("dropout", Dropout(options.dropout));
  for (auto& linear : {expand_, contract_}) {
    torch::nn::init::xavier_uniform_(linear->weight);
    torch::nn::init::zeros_(linear->bias);
  }
}

at::Tensor TransformerLayerImpl::feed_forward(const at::Tensor& input) {
  return contract_->forward(dropout_->forward(activate(expand_->forward(input), options_.activation)));
}

template <class Attend>
at::Tensor TransformerLayerImpl::run(const at::Tensor& input, const Attend& attend) {
  if (options_.pre_norm) {
    const at::Tensor x = dropout_->add_to(input, attend(attention_norm_->forward(input)));
    return dropout_->add_to(x, feed_forward(feed_forward_norm_->forward(x)));
  }
  const at::Tensor x = attention_norm_->forward(dropout_->add_to(input, attend(input)));
  return feed_forward_norm_->forward(dropout_->add_to(x, feed_forward(x)));
}

at::Tensor TransformerLayerImpl::forward(const at::Tensor& input, const attention::Extents& extents) {
  return run(input, [&](const at::Tensor& x) { return attention_->forward(x, extents); });
}

at::Tensor TransformerLayerImpl::step(const at::Tensor& input, KeyValueCache& cache) {
  return run(input, [&](const at::Tensor& x) { return attention_->step(x, cache); });
}

at::Tensor TransformerLayerImpl::attention_input(const at::Tensor& input) {
  return options_.pre_norm ? attention_norm_->forward(input) : input;
}

}  // namespace heed::nn
