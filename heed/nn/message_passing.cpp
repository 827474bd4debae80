// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/message_passing.h"

#include <cmath>

#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tanh.h>
#include <c10/core/GradMode.h>

#include "heed/attention/edge_sum.h"

namespace heed::nn {
namespace {

at::Tensor uniform(at::IntArrayRef sizes, double most) {
  const c10::NoGradGuard no_grad;
  return at::empty(sizes).uniform_(-most, most);
}

}  // namespace

MessagePassingImpl::MessagePassingImpl(const MessagePassingOptions& options)
    : options_(options), part_(options.width / options.towers) {
  TORCH_CHECK(part_ * options.towers == options.width, "[message passing] ", options.towers,
              " towers do not divide the width ", options.width);
  const double most = 1 / std::sqrt(static_cast<double>(part_));
  const int64_t towers = options.towers, gates = 3 * part_;
  matrices_ = register_parameter("matrices", uniform({towers, options.edge_functions * part_, part_}, most));
  message_weight_ = register_parameter("message_weight", uniform({towers, part_, gates}, most));
  state_weight_ = register_parameter("state_weight", uniform({towers, part_, gates}, most));
  message_bias_ = register_parameter("message_bias", uniform({towers, 1, gates}, most));
  state_bias_ = register_parameter("state_bias", uniform({towers, 1, gates}, most));
  if (towers > 1) mix_ = register_module("mix", torch::nn::Linear(options.width, options.width));
}

at::Tensor MessagePassingImpl::forward(const at::Tensor& state, const at::Tensor& weights,
                                       const attention::Edges& edges) {
  const int64_t nodes = state.size(0), towers = options_.towers, functions = options_.edge_functions;
  const at::Tensor parts = state.view({nodes, towers, part_}).transpose(0, 1);  // [towers, nodes, part]
  // What arrives at each node for every k; then the matrices of every k and tower.
  const at::Tensor arrived = attention::edge_sum(state.unsqueeze(1), weights, edges)
                                 .view({nodes, functions, towers, part_})
                                 .permute({2, 0, 1, 3})
                                 .reshape({towers, nodes, functions * part_});
  const at::Tensor messages = at::bmm(arrived, matrices_);
  const auto read = at::baddbmm(message_bias_, messages, message_weight_).chunk(3, 2);
  const auto kept = at::baddbmm(state_bias_, parts, state_weight_).chunk(3, 2);
  const at::Tensor reset = at::sigmoid(read[0] + kept[0]), update = at::sigmoid(read[1] + kept[1]);
  const at::Tensor fresh = at::tanh(read[2] + reset * kept[2]);
  const at::Tensor next = (fresh + update * (parts - fresh)).transpose(0, 1).reshape({nodes, options_.width});
  return towers == 1 ? next : mix_->forward(next);
}

}  // namespace heed::nn
