// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/transformer_layer.h"

#include <torch/nn/init.h>

#include "heed/nn/activation.h"
#include "heed/nn/layer_norm.h"

namespace heed::nn {

TransformerLayerImpl::TransformerLayerImpl(const TransformerLayerOptions& options) : options_(options) {
  const int64_t d_model = options.attention.d_model;
  const auto norm = [&] {
    return torch::nn::LayerNorm(torch::nn::LayerNormOptions({d_model}).eps(options.norm_epsilon));
  };
  attention_ = register_module("attention", MultiHeadAttention(options.attention));
  if (options.cross) {
    cross_attention_ = register_module(
        "cross_attention",
        CrossAttention(CrossAttentionOptions{d_model, options.attention.heads, options.attention.dropout,
                                             options.attention.backend}));
    cross_attention_norm_ = register_module("cross_attention_norm", norm());
  }
  expand_ = register_module("expand", Linear(d_model, options.d_ff));
  contract_ = register_module("contract", Linear(options.d_ff, d_model));
  attention_norm_ = register_module("attention_norm", norm());
  feed_forward_norm_ = register_module("feed_forward_norm", norm());
  dropout_ = register_module("dropout", Dropout(options.dropout));
  activation_dropout_ = register_module("activation_dropout", Dropout(options.activation_dropout));
  for (auto& linear : {expand_, contract_}) {
    torch::nn::init::xavier_uniform_(linear->weight);
    torch::nn::init::zeros_(linear->bias);
  }
}

at::Tensor TransformerLayerImpl::feed_forward(const at::Tensor& input) {
  const at::Tensor inside = activate(expand_->forward(input), options_.activation);
  return contract_->forward(activation_dropout_->forward(inside));
}

template <class Body>
at::Tensor TransformerLayerImpl::residual(const at::Tensor& input, torch::nn::LayerNorm& norm,
                                          const Body& body) {
  if (options_.pre_norm) return dropout_->add_to(input, body(layer_norm(input, norm)));
  return layer_norm(dropout_->add_to(input, body(input)), norm);
}

/// An attention sublayer.
template <class Body>
at::Tensor TransformerLayerImpl::attend(const at::Tensor& input, torch::nn::LayerNorm& norm,
                                        const Body& body) {
  if (options_.attention_residual) return residual(input, norm, body);
  if (options_.pre_norm) return dropout_->forward(body(layer_norm(input, norm)));
  return layer_norm(dropout_->forward(body(input)), norm);
}

at::Tensor TransformerLayerImpl::forward(const at::Tensor& input, const attention::Extents& extents,
                                         const Memory& memory) {
  at::Tensor x =
      attend(input, attention_norm_, [&](const at::Tensor& y) { return attention_->forward(y, extents); });
  if (cross_attention_) {
    x = attend(x, cross_attention_norm_, [&](const at::Tensor& y) {
      return cross_attention_->forward(y, memory.states, memory.lengths);
    });
  }
  return residual(x, feed_forward_norm_, [&](const at::Tensor& y) { return feed_forward(y); });
}

LayerCache TransformerLayerImpl::make_cache(const RowIndex& index, const Memory& memory) {
  LayerCache cache{attention_->make_cache(index)};
  if (cross_attention_) cache.remembered = cross_attention_->remember(memory.states);
  return cache;
}

at::Tensor TransformerLayerImpl::step(const at::Tensor& input, LayerCache& cache, const RowIndex& index,
                                      const StepQueries& memory) {
  const auto cross = [&](const at::Tensor& y) {
    return cross_attention_->step(y, cache.remembered, memory, cache.keep_weights ? &cache.weights : nullptr);
  };
  if (!options_.attention_residual) {
    const auto own = [&](const at::Tensor& y) { return attention_->step(y, cache.own, index); };
    at::Tensor x = attend(input, attention_norm_, own);
    if (cross_attention_) x = attend(x, cross_attention_norm_, cross);
    return residual(x, feed_forward_norm_, [&](const at::Tensor& y) { return feed_forward(y); });
  }
  if (!options_.pre_norm) {
    at::Tensor x = add_layer_norm(input, attention_->step(input, cache.own, index), attention_norm_).normed;
    if (cross_attention_) x = add_layer_norm(x, cross(x), cross_attention_norm_).normed;
    return add_layer_norm(x, feed_forward(x), feed_forward_norm_).normed;
  }
  const at::Tensor found = attention_->step(layer_norm(input, attention_norm_), cache.own, index);
  Normed x = add_layer_norm(input, found, cross_attention_ ? cross_attention_norm_ : feed_forward_norm_);
  if (cross_attention_) x = add_layer_norm(x.sum, cross(x.normed), feed_forward_norm_);
  return x.sum + feed_forward(x.normed);
}

LayerBlocks TransformerLayerImpl::step_blocks(StepProgram& program) const {
  const int64_t d_model = options_.attention.d_model;
  return {.stream = program.shared_block(d_model),
          .normed = program.private_block(d_model),
          .joined = program.shared_block(3 * d_model),
          .found = program.shared_block(d_model),
          .inside = program.shared_block(options_.d_ff),
          .product = program.shared_block(d_model)};
}

StepBlock TransformerLayerImpl::record(StepProgram& program, LayerCache& cache, StepBlock input,
                                       const LayerBlocks& blocks) {
  TORCH_CHECK(!cross_attention_ && options_.attention_residual,
              "[transformer_layer] a step with cross attention or without residuals cannot be recorded");
  StepBlock x = input;
  const auto onto_stream = [&] {  // a sublayer's last product, with the residual
    return StepLinear{.to = blocks.product, .residual = x, .sum = blocks.stream};
  };
  const auto normed = [&](const torch::nn::LayerNorm& norm, StepBlock from) {
    program.norm(norm, from, blocks.normed);
    return blocks.normed;
  };
  const bool pre = options_.pre_norm;
  const StepBlock asked = pre ? normed(attention_norm_, x) : x;
  attention_->record(program, cache.own, asked, {blocks.joined, blocks.found}, onto_stream());
  x = pre ? blocks.stream : normed(attention_norm_, blocks.stream);
  const StepBlock fed = pre ? normed(feed_forward_norm_, x) : x;
  program.linear(expand_, {.from = fed, .to = blocks.inside, .activation = options_.activation});
  StepLinear contracted = onto_stream();
  contracted.from = blocks.inside;
  program.linear(contract_, contracted);
  return pre ? blocks.stream : normed(feed_forward_norm_, blocks.stream);
}

at::Tensor TransformerLayerImpl::cross_attention_input(const at::Tensor& input,
                                                       const attention::Extents& extents) {
  const at::Tensor x =
      attend(input, attention_norm_, [&](const at::Tensor& y) { return attention_->forward(y, extents); });
  return options_.pre_norm ? layer_norm(x, cross_attention_norm_) : x;
}

at::Tensor TransformerLayerImpl::attention_input(const at::Tensor& input) {
  return options_.pre_norm ? layer_norm(input, attention_norm_) : input;
}

}  // namespace heed::nn
