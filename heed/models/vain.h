// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/modules/linear.h>

#include "heed/core/field.h"
#include "heed/nn/graph_model.h"

namespace heed::models {

struct VainOptions {
  int64_t d_model = 128;
  int64_t attention_dim = 10;         ///< numbers of the vectors whose distance weighs
  std::string weights = "attention";  ///< of the others: attention, mean, none
};
std::vector<Field> fields(VainOptions& options);

/// Vertex attention interaction network: Hoshen 2017, arXiv:1706.06122. Each node of a graph is an agent that hears all others, the
/// more the nearer their learned vectors a are. Nets encode each agent alone, as s_i, and for others, as c_j and a_j; a third reads
///   y_i = decode(s_i, sum over j != i of softmax_j(-|a_i - a_j|^2) c_j, x_i)
/// An agent's numbers x are its features and, where it has them, its coordinates. What edges have is not read: who is connected
/// does not matter.
///
/// With weights = mean each agent hears the mean of the others (CommNet, Sukhbaatar et al. 2016, arXiv:1605.07736), with none
/// nobody. The outputs of a graph are the means of those of its nodes. Work is linear in agents but for the weights, whose number
/// is that of pairs.
class Vain : public nn::GraphModel {
 public:
  /// Throws c10::Error where agents have no numbers.
  Vain(const nn::GraphDomain& domain, const VainOptions& options);

  nn::Neighbours neighbours() const override { return nn::Neighbours::kOthers; }
  nn::GraphInputs reads() const override { return {.coordinates = true}; }
  at::Tensor embeddings(const nn::Graphs& graphs) override;
  at::Tensor forward(const nn::Graphs& graphs) override;
  int64_t attention_layers() const override { return options_.weights == "attention" ? 1 : 0; }
  nn::AttendedEdges attended(const nn::Graphs& graphs, int64_t layer) override;

 private:
  at::Tensor agents(const nn::Graphs& graphs) const;
  /// What all agents hear, [nodes, d_model].
  at::Tensor heard(const at::Tensor& agents, const nn::Graphs& graphs);

  VainOptions options_;
  torch::nn::Linear single_hidden_{nullptr}, single_output_{nullptr};
  torch::nn::Linear shared_hidden_{nullptr}, shared_output_{nullptr}, vector_{nullptr};
  torch::nn::Linear decoder_{nullptr}, hidden_{nullptr}, output_{nullptr};
};

}  // namespace heed::models
