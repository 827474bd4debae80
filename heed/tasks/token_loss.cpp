// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/token_loss.h"

#include <ATen/ops/nonzero.h>
#include <torch/nn/functional/loss.h>

#include "heed/nn/linear_cross_entropy.h"

namespace heed::tasks {

at::Tensor summed_token_loss(const at::Tensor& logits, const at::Tensor& targets, double label_smoothing) {
  namespace F = torch::nn::functional;
  return F::cross_entropy(logits.flatten(0, 1).to(at::kFloat), targets.flatten(),
                          F::CrossEntropyFuncOptions()
                              .ignore_index(kIgnoredTarget)
                              .reduction(torch::kSum)
                              .label_smoothing(label_smoothing));
}

at::Tensor summed_token_loss(const at::Tensor& features, const nn::OutputLayer& output,
                             const at::Tensor& targets, double label_smoothing) {
  if (!nn::takes_linear_cross_entropy(features, output.weight)) {
    const at::Tensor logits = nn::linear(features, output.weight, output.bias, output.packed);
    return summed_token_loss(logits, targets, label_smoothing);
  }
  const at::Tensor target = targets.flatten(), learned = at::nonzero(target != kIgnoredTarget).squeeze(1);
  return nn::linear_cross_entropy(features.flatten(0, 1).index_select(0, learned), output.weight, output.bias,
                                  target.index_select(0, learned), label_smoothing);
}

}  // namespace heed::tasks
