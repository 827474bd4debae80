// SPDX-License-Identifier: Apache-2.0
#include "heed/models/sru_plus_plus_layer.h"

#include <cmath>

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

#include "heed/nn/layer_norm.h"

namespace heed::models {
namespace {

nn::Linear without_bias(int64_t in, int64_t out) {
  nn::Linear layer(nn::LinearOptions(in, out).bias(false));
  torch::nn::init::xavier_uniform_(layer->weight);
  return layer;
}

}  // namespace

SruPlusPlusLayerImpl::SruPlusPlusLayerImpl(const SruPlusPlusLayerOptions& options) : options_(options) {
  const int64_t hidden = options.hidden, projection = options.projection;
  query_ = register_module("query", without_bias(hidden, projection));
  if (options.attends) {
    key_value_ = register_module("key_value", without_bias(projection, 2 * projection));
    alpha_ = register_parameter("alpha", at::zeros({1}));
    attention_ = register_module(
        "attention", nn::CausalAttention(nn::CausalAttentionOptions{.width = projection,
                                                                    .heads = options.heads,
                                                                    .dropout = options.attention_dropout,
                                                                    .backend = options.backend}));
  }
  output_ = register_module("output", without_bias(projection, 3 * hidden));
  norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({projection})));
  recurrence_ = register_module("recurrence", nn::SruRecurrence(hidden, options.highway_bias));
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
  cell_dropout_ = register_module("cell_dropout", nn::LockedDropout(options.cell_dropout));
  const at::NoGradGuard no_grad;
  output_->weight.mul_(
      std::sqrt(1 - options.dropout));  // dropout makes its input's variance larger by as much
}

at::Tensor SruPlusPlusLayerImpl::products(const at::Tensor& mixed) {
  return output_->forward(dropout_->forward(nn::layer_norm(mixed, norm_)));
}

at::Tensor SruPlusPlusLayerImpl::forward(const at::Tensor& x) {
  at::Tensor query = query_->forward(x);
  if (options_.attends) {
    const auto parts = key_value_->forward(query).chunk(2, -1);
    query = query + alpha_ * attention_->forward(query, parts[0], parts[1]);
  }
  const at::Tensor keep = cell_dropout_->mask(x.size(1), x.size(2), x.options());
  return recurrence_->forward({.products = products(query), .input = x, .keep = keep}).output;
}

nn::AttentionTrace SruPlusPlusLayerImpl::trace(const at::Tensor& x) {
  const at::Tensor query = query_->forward(x);
  return attention_->trace(query, key_value_->forward(query).chunk(2, -1)[0]);
}

nn::KeyValueCache SruPlusPlusLayerImpl::make_cache(const nn::RowIndex& index) const {
  return attention_->make_cache(index, query_->weight, query_.ptr()->packed_weights().front()->type());
}

at::Tensor SruPlusPlusLayerImpl::step_products(const at::Tensor& x, nn::KeyValueCache* cache,
                                               const nn::RowIndex& index) {
  at::Tensor query = query_->forward(x);
  if (cache) query = query + alpha_ * attention_->step(query, key_value_->forward(query), *cache, index);
  return at::cat({products(query), x}, 1);
}

at::Tensor SruPlusPlusLayerImpl::step_recurrence(const at::Tensor& joined, at::Tensor& cell) {
  const int64_t hidden = options_.hidden;
  const at::Tensor step = joined.unsqueeze(0);  // [1, n, 4 * hidden]
  const at::Tensor products = step.narrow(2, 0, 3 * hidden), x = step.narrow(2, 3 * hidden, hidden);
  const nn::SruSteps steps = recurrence_->forward({.products = products, .input = x, .begin = cell});
  cell = steps.cell[0];
  return steps.output[0];
}

}  // namespace heed::models
