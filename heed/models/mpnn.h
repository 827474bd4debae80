// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/rnn.h>

#include "heed/core/field.h"
#include "heed/nn/dropout.h"
#include "heed/nn/graph_model.h"
#include "heed/nn/message_passing.h"
#include "heed/nn/set2set.h"

namespace heed::models {

struct MpnnOptions {
  int64_t d_model = 64;
  int64_t steps = 3;                ///< of message passing, with the same weights
  std::string message = "network";  ///< network: an edge network; matrix: a matrix for each edge type
  int64_t edge_functions = 16;      ///< numbers that the edge network gives
  int64_t edge_hidden = 64;
  int64_t towers = 1;
  bool all_pairs = false;  ///< edges between all nodes of a graph, told apart by type and distance
  bool master = false;     ///< a node of each graph that all others talk to
  int64_t distance_basis = 32;
  double longest_distance = 12;
  std::string readout = "gated";  ///< of graphs: gated, set2set
  int64_t set2set_steps = 6;
  double dropout = 0;  ///< on the state after each step, and before the outputs
};
std::vector<Field> fields(MpnnOptions& options);

/// Message passing for molecules: Gilmer et al. 2017, arXiv:1704.01212, with the messages of GG-NN (Li et al. 2016, arXiv:1511.05493;
/// `matrix`) or an edge network; towers, a master node and both readouts. Step by step: nn/message_passing.h.
///
/// The gated readout of a graph is the sum over its nodes of sigmoid(i(h, x)) * j(h), with nets i and j; set2set
/// (nn/set2set.h) reads a projection of (h, x).
class Mpnn : public nn::GraphModel {
 public:
  /// Throws c10::Error for invalid sizes.
  Mpnn(const nn::GraphDomain& domain, const MpnnOptions& options);

  nn::Neighbours neighbours() const override {
    return options_.all_pairs ? nn::Neighbours::kAll : nn::Neighbours::kEdges;
  }
  nn::GraphInputs reads() const override;
  at::Tensor embeddings(const nn::Graphs& graphs) override;
  at::Tensor forward(const nn::Graphs& graphs) override;

 private:
  at::Tensor edge_weights(const nn::Graphs& graphs);
  at::Tensor input(const nn::Graphs& graphs);

  MpnnOptions options_;
  at::Tensor input_weight_, input_bias_;
  torch::nn::Linear edge_hidden_{nullptr}, edge_output_{nullptr};
  nn::MessagePassing passing_{nullptr};
  torch::nn::Linear to_master_{nullptr}, from_master_{nullptr};
  torch::nn::GRUCell master_{nullptr};
  nn::Set2Set set_{nullptr};
  nn::Dropout dropout_{nullptr};
  torch::nn::Linear gate_{nullptr}, projection_{nullptr}, hidden_{nullptr}, output_{nullptr};
};

}  // namespace heed::models
