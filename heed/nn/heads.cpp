// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/heads.h"

#include <algorithm>

#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

namespace heed::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct SplitHeads : torch::autograd::Function<SplitHeads> {
  static variable_list forward(AutogradContext* context, const at::Tensor& joined, int64_t parts,
                               int64_t heads) {
    const int64_t batch = joined.size(0), length = joined.size(1),
                  head_dim = joined.size(2) / (parts * heads);
    context->saved_data["shape"] = std::vector<int64_t>{batch, length, parts, heads, head_dim};
    return joined.view({batch, length, parts, heads, head_dim}).permute({2, 0, 3, 1, 4}).unbind(0);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto shape = context->saved_data["shape"].toIntVector();
    const auto given =
        std::find_if(gradients.begin(), gradients.end(), [](const auto& g) { return g.defined(); });
    if (given == gradients.end()) return {at::Tensor(), at::Tensor(), at::Tensor()};
    const at::Tensor joined = at::empty(shape, given->options());
    for (size_t part = 0; part < gradients.size(); ++part) {
      const at::Tensor to = joined.select(2, static_cast<int64_t>(part));  // [batch, length, heads, head_dim]
      if (gradients[part].defined()) {
        to.copy_(gradients[part].transpose(1, 2));
      } else {
        to.zero_();
      }
    }
    return {joined.flatten(2), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

std::vector<at::Tensor> split_heads(const at::Tensor& joined, int64_t parts, int64_t heads) {
  return SplitHeads::apply(joined, parts, heads);
}

at::Tensor merge_heads(const at::Tensor& heads) {
  return heads.transpose(1, 2).flatten(2);
}

}  // namespace heed::nn
