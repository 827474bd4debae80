// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/bidirectional_lstm.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/where.h>

namespace heed::nn {
namespace {

/// Row indices that reverse [length, batch] sequences, each within its own length; padding stays in place.
at::Tensor turned(const at::Tensor& lengths, int64_t length) {
  const int64_t batch = lengths.size(0);
  const at::Tensor position = at::arange(length, lengths.options()).unsqueeze(1);  // [length, 1]
  const at::Tensor from = at::where(position < lengths, lengths - 1 - position, position);
  return (from * batch + at::arange(batch, lengths.options())).flatten();
}

at::Tensor in_order(const at::Tensor& steps, const at::Tensor& rows) {
  return steps.flatten(0, 1).index_select(0, rows).view_as(steps);
}

}  // namespace

BidirectionalLstmImpl::BidirectionalLstmImpl(int64_t input, int64_t hidden) {
  onward_ = register_module("onward", LstmLayer(input, hidden));
  backward_ = register_module("backward", LstmLayer(input, hidden));
}

BidirectionalSteps BidirectionalLstmImpl::forward(const at::Tensor& input, const at::Tensor& lengths) {
  const int64_t length = input.size(0), batch = input.size(1);
  const at::Tensor around = turned(lengths, length);
  const at::Tensor onward = onward_->forward(input).output;
  const at::Tensor back = backward_->forward(in_order(input, around)).output;
  const at::Tensor last = (lengths - 1) * batch + at::arange(batch, lengths.options());
  const auto end = [&](const at::Tensor& steps) { return steps.flatten(0, 1).index_select(0, last); };
  return {at::cat({onward, in_order(back, around)}, 2), at::cat({end(onward), end(back)}, 1)};
}

}  // namespace heed::nn
