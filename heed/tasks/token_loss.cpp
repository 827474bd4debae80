// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/token_loss.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/log_softmax.h>
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
                                  target.index_select(0, learned), label_smoothing, output.packed);
}

at::Tensor r_drop_loss(const at::Tensor& features, const nn::OutputLayer& output, const at::Tensor& targets,
                       double label_smoothing, double alpha) {
  TORCH_CHECK(features.dim() == 3 && features.size(0) == 2 * targets.size(0),
              "[r_drop] features must hold two passes of ", targets.size(0), " rows, got ", features.sizes());
  const at::Tensor logits = nn::linear(features, output.weight, output.bias, output.packed);
  const at::Tensor loss = summed_token_loss(logits, at::cat({targets, targets}), label_smoothing) / 2;
  const auto passes = at::log_softmax(logits.to(at::kFloat), -1).chunk(2);
  // KL(p || q) + KL(q || p) of each target is the sum of (p - q) (log p - log q).
  const at::Tensor both = ((passes[0].exp() - passes[1].exp()) * (passes[0] - passes[1])).sum(-1);
  return loss + both.masked_fill(targets == kIgnoredTarget, 0).sum() * (alpha / 4);
}

}  // namespace heed::tasks
