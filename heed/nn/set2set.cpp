// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/set2set.h"

#include <tuple>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/zeros.h>

#include "heed/attention/edges.h"

namespace heed::nn {

Set2SetImpl::Set2SetImpl(int64_t width, int64_t steps) : width_(width), steps_(steps) {
  cell_ = register_module("cell", torch::nn::LSTMCell(2 * width, width));
}

at::Tensor Set2SetImpl::forward(const at::Tensor& values, const Graphs& graphs) {
  // Each graph attends to its nodes: edges from nodes to graphs.
  const int64_t nodes = values.size(0), count = graphs.count();
  const at::Tensor graph = at::repeat_interleave(graphs.begin.diff());
  attention::Spec spec;
  spec.pattern = attention::make_edges(at::arange(nodes, graph.options()), graph, nodes, count);
  spec.score = attention::Dot{.scale = 1};
  const at::Tensor memory = values.unsqueeze(1);
  at::Tensor state = at::zeros({count, width_}, values.options()), cell = state;
  at::Tensor star = at::zeros({count, 2 * width_}, values.options());
  for (int64_t step = 0; step < steps_; ++step) {
    std::tie(state, cell) = cell_->forward(star, std::make_tuple(state, cell));
    star = at::cat({state, attention::attend(state.unsqueeze(1), memory, memory, spec).output.squeeze(1)}, 1);
  }
  return star;
}

}  // namespace heed::nn
