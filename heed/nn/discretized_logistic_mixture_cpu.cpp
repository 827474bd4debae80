// SPDX-License-Identifier: Apache-2.0
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "heed/kernels/isa.h"
#include "heed/nn/discretized_logistic_mixture.h"

namespace heed::nn {
namespace {

constexpr int64_t kDiscretizedLogisticMixtureGrain = 8;  ///< rows that are worth a thread
static_assert(kernels::LogisticMixtureProblem::kMostMixtures >= kMostLogistics);

at::Tensor next_channel(const at::Tensor& parameters, int64_t channels, const at::Tensor& previous) {
  const at::Tensor known = previous.contiguous();
  const at::Tensor logits = at::empty({parameters.size(0), 256}, parameters.options());
  kernels::LogisticMixtureProblem problem;
  problem.channels = channels;
  problem.mixtures = parameters.size(1) / discretized_logistic_parameters(channels, 1);
  problem.parameters = parameters.const_data_ptr<float>();
  problem.parameters_row = parameters.stride(0);
  problem.previous = known.const_data_ptr<int64_t>();
  problem.known = known.size(1);
  problem.logits = logits.mutable_data_ptr<float>();
  at::parallel_for(0, parameters.size(0), kDiscretizedLogisticMixtureGrain, [&](int64_t begin, int64_t end) {
    kernels::cpu_kernels().logistic_mixture.next_channel(problem, begin, end);
  });
  return logits;
}

[[maybe_unused]] const bool kDiscretizedLogisticMixtureAdded =
    discretized_logistic_kernel.add(at::kCPU, {at::kFloat}, next_channel);

}  // namespace
}  // namespace heed::nn
