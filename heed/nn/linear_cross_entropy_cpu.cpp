// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/Parallel.h>

#include "heed/kernels/isa.h"
#include "heed/nn/linear_cross_entropy.h"

namespace heed::nn {
namespace {

constexpr int64_t kLinearCrossEntropyGrain = 1 << 14;  ///< logits that are worth a thread

double run_rows(const at::Tensor& logits, const at::Tensor& target, double smoothing, bool gradient) {
  const int64_t rows = logits.size(0);
  std::vector<float> total(static_cast<size_t>(rows)), rest(static_cast<size_t>(rows));
  kernels::CrossEntropyProblem problem;
  problem.classes = logits.size(1);
  problem.smoothing = static_cast<float>(smoothing);
  problem.gradient = gradient;
  problem.logits = logits.mutable_data_ptr<float>();
  problem.target = target.const_data_ptr<int64_t>();
  problem.total = total.data();
  problem.rest = rest.data();
  const auto& kernel = kernels::cpu_kernels().cross_entropy;
  at::parallel_for(0, rows, std::max<int64_t>(1, kLinearCrossEntropyGrain / problem.classes),
                   [&](int64_t begin, int64_t end) { kernel.run(problem, begin, end); });
  double sum = 0;
  for (size_t i = 0; i < total.size(); ++i)
    sum += std::log(static_cast<double>(total[i])) + static_cast<double>(rest[i]);
  return sum;
}

[[maybe_unused]] const bool kLinearCrossEntropyAdded =
    cross_entropy_kernel.add(at::kCPU, {at::kFloat}, run_rows);

}  // namespace
}  // namespace heed::nn
