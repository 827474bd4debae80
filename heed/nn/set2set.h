// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/rnn.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/graph_model.h"

namespace heed::nn {

/// A vector for a set of nodes that does not depend on their order: Vinyals et al. 2016, arXiv:1511.06391. In each step an LSTM asks a
/// question, attention over the nodes of the graph answers it, and both are the LSTM's next input.
///
/// values   [nodes, width]
/// returns  [graphs, 2 width]
class Set2SetImpl : public torch::nn::Module {
 public:
  Set2SetImpl(int64_t width, int64_t steps);
  at::Tensor forward(const at::Tensor& values, const Graphs& graphs);

 private:
  int64_t width_, steps_;
  torch::nn::LSTMCell cell_{nullptr};
};
TORCH_MODULE(Set2Set);

}  // namespace heed::nn
