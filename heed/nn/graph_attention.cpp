// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/graph_attention.h"

#include <cmath>
#include <limits>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/diag_embed.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include "heed/attention/edges.h"
#include "heed/nn/dropout.h"
#include "heed/nn/linear.h"

namespace heed::nn {
namespace {

/// Glorot and Bengio 2010, uniform, where each head is a matrix of its own.
at::Tensor glorot(at::IntArrayRef sizes, int64_t in, int64_t out) {
  const c10::NoGradGuard no_grad;
  const double most = std::sqrt(6.0 / static_cast<double>(in + out));
  return at::empty(sizes).uniform_(-most, most);
}

/// The vectors of heads as rows of one matrix, [heads, heads * head_dim], that is zero outside their head.
at::Tensor rows_of_heads(const at::Tensor& vectors) {
  return at::diag_embed(vectors.t()).permute({2, 1, 0}).flatten(1);
}

}  // namespace

GraphAttentionImpl::GraphAttentionImpl(const GraphAttentionOptions& of) : options(of) {
  const int64_t heads = of.heads, width = of.head_dim;
  const auto matrix = [&] { return glorot({of.in, heads, width}, of.in, width); };
  const auto row = [&] { return glorot({heads, width}, width, 1); };
  weight = register_parameter("weight", matrix());
  vector = register_parameter("vector", row());
  bias = register_parameter("bias", at::zeros({heads, width}));
  if (of.dynamic) {
    source_weight = register_parameter("source_weight", matrix());
    return;
  }
  source_vector = register_parameter("source_vector", row());
  vector_bias = register_parameter("vector_bias", at::zeros({heads}));
  source_vector_bias = register_parameter("source_vector_bias", at::zeros({heads}));
}

GraphAttentionImpl::Inputs GraphAttentionImpl::inputs(const NodeFeatures& features,
                                                      const attention::Edges& edges) {
  Inputs found;
  found.spec.pattern = edges;
  const double dropout = in_training(options.input_dropout);
  const at::Tensor hidden = head_products(features, weight, dropout);
  if (options.dynamic) {
    found.query = hidden;
    found.key = found.value = head_products(features, source_weight, dropout);
    found.spec.score = attention::GatV2{.vector = vector, .slope = options.slope};
  } else {
    // Both scores of all heads in one product: one pass over memory.
    const at::Tensor scores =
        linear(hidden.flatten(1), at::cat({rows_of_heads(vector), rows_of_heads(source_vector)}),
               at::cat({vector_bias, source_vector_bias}));
    found.query = scores.slice(1, 0, options.heads).unsqueeze(-1);
    found.key = scores.slice(1, options.heads).unsqueeze(-1);
    found.value = hidden;
    found.spec.score = attention::Gat{.slope = options.slope};
  }
  return found;
}

at::Tensor GraphAttentionImpl::forward(const NodeFeatures& features, const attention::Edges& edges) {
  Inputs in = inputs(features, edges);
  const double dropout = in_training(options.attention_dropout),
               value_dropout = in_training(options.value_dropout);
  if (dropout > 0) {
    in.spec.dropout = {.p = dropout,
                       .seed = at::randint(std::numeric_limits<int64_t>::max(), {1}, at::kLong)};
  }
  if (value_dropout > 0) in.value = Dropout(value_dropout)->forward(in.value.contiguous());
  return attention::attend(in.query, in.key, in.value, in.spec).output + bias;
}

at::Tensor GraphAttentionImpl::weights(const NodeFeatures& features, const attention::Edges& edges) {
  const Inputs in = inputs(features, edges);
  return attention::edge_weights(in.query, in.key, in.spec);
}

}  // namespace heed::nn
