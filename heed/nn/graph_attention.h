// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/attention/attention.h"
#include "heed/nn/node_features.h"

namespace heed::nn {

struct GraphAttentionOptions {
  int64_t in = 0, heads = 8, head_dim = 8;
  bool dynamic = false;          ///< the score of GATv2
  double input_dropout = 0;      ///< of the features, for each head by itself
  double attention_dropout = 0;  ///< of the normalised weights
  double value_dropout = 0;      ///< of the projected features that the weights multiply
  double slope = 0.2;            ///< of leaky_relu below 0
};

/// Attention of nodes to the sources of their edges. In each head, with h = W x and the edges j -> i,
///   e_ij = leaky_relu(a . h_i + a_bias + b . h_j + b_bias)                  GAT: Velickovic et al. 2018, arXiv:1710.10903
///   e_ij = a . leaky_relu(W x_i + W_s x_j)                        GATv2 (dynamic): Brody et al. 2022, arXiv:2105.14491
///   y_i  = bias + sum_j softmax_j(e_ij) h_j                                                            in GATv2 W_s x_j
///
/// As in the published code of GAT: attention vectors have biases, each head drops numbers of its own of the features, and the
/// projected features drop some, too (value_dropout). A node without edges gets the bias: give nodes an edge to themselves.
///
/// Parameters: weight, and in GATv2 source_weight [in, heads, head_dim]; vector [heads, head_dim], and in GAT source_vector; in GAT
/// vector_bias, source_vector_bias [heads]; bias [heads, head_dim]. Matrices and vectors begin Glorot uniform, biases at 0.
/// Memory O(nodes + edges * heads) beyond the features. Differentiable once.
class GraphAttentionImpl : public torch::nn::Module {
 public:
  explicit GraphAttentionImpl(const GraphAttentionOptions& options);

  /// Features of the nodes, whose sources and targets are the same, to [nodes, heads, head_dim].
  at::Tensor forward(const NodeFeatures& features, const attention::Edges& edges);
  /// The weights of the edges, [edges, heads], numbered by target.
  at::Tensor weights(const NodeFeatures& features, const attention::Edges& edges);

  const GraphAttentionOptions options;
  at::Tensor weight, source_weight, vector, source_vector, vector_bias, source_vector_bias, bias;

 private:
  /// What attention takes: queries, keys and values, and the score.
  struct Inputs {
    at::Tensor query, key, value;
    attention::Spec spec;
  };
  Inputs inputs(const NodeFeatures& features, const attention::Edges& edges);
  double in_training(double p) const { return is_training() ? p : 0; }
};
TORCH_MODULE(GraphAttention);

}  // namespace heed::nn
