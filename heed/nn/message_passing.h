// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "heed/attention/attention.h"

namespace heed::nn {

struct MessagePassingOptions {
  int64_t width = 64;
  int64_t towers = 1;  ///< parts of the state that pass messages by themselves, and are mixed afterwards
  int64_t edge_functions = 8;  ///< numbers of an edge, which weigh as many matrices
};

/// One step of message passing with gated updates (Li et al. 2016, arXiv:1511.05493; Gilmer et al. 2017, arXiv:1704.01212). With the state
/// h_j of the source of each edge and the numbers z_k of the edge,
///   m_i  = sum over edges j -> i of A h_j,   A = sum_k z_k B_k          h_i' = GRU(h_i, m_i)
/// The matrix A of an edge is never made: sum_j z_k h_j is summed for each k first, and meets B_k once for a node. A one-hot z gives the
/// matrix of each edge type of GG-NN; a z that a net reads from the edge gives the edge network of Gilmer et al., whose last layer is
/// linear.
///
/// With t towers each of t parts of the state has matrices and updates of its own, 1/t of the work for each product, and a linear layer
/// mixes the parts of a node (Gilmer et al., section 4).
///
/// Memory: nodes * edge_functions * width, and edges * edge_functions * towers.
class MessagePassingImpl : public torch::nn::Module {
 public:
  /// Throws c10::Error unless the towers divide the width.
  explicit MessagePassingImpl(const MessagePassingOptions& options);

  /// state [nodes, width], weights [edges, edge_functions] numbered as edges; returns the next state.
  at::Tensor forward(const at::Tensor& state, const at::Tensor& weights, const attention::Edges& edges);

 private:
  MessagePassingOptions options_;
  int64_t part_;                              ///< width of a tower
  at::Tensor matrices_;                       ///< [towers, edge_functions * part, part]
  at::Tensor message_weight_, state_weight_;  ///< [towers, part, 3 * part]: reset, update, new
  at::Tensor message_bias_, state_bias_;      ///< [towers, 1, 3 * part]
  torch::nn::Linear mix_{nullptr};
};
TORCH_MODULE(MessagePassing);

}  // namespace heed::nn
