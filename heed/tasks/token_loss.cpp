// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/token_loss.h"

#include <torch/nn/functional/loss.h>

namespace heed::tasks {

at::Tensor summed_token_loss(const at::Tensor& logits, const at::Tensor& targets, double label_smoothing) {
  namespace F = torch::nn::functional;
  return F::cross_entropy(logits.flatten(0, 1).to(at::kFloat), targets.flatten(),
                          F::CrossEntropyFuncOptions()
                              .ignore_index(kIgnoredTarget)
                              .reduction(torch::kSum)
                              .label_smoothing(label_smoothing));
}

}  // namespace heed::tasks
