// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/attention_speed.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <ATen/ATen.h>
#include <torch/autograd.h>

#include "heed/attention/attention.h"
#include "heed/core/error.h"

namespace heed::bench {
namespace {

using attention::Backend;
constexpr Backend kBackends[] = {Backend::kReference, Backend::kTiled};
/// float32 sums of a few thousand products in two orders differ by less.
constexpr double kTolerance = 1e-2;

struct Problem {
  std::vector<at::Tensor> inputs;  ///< query, key, value, table where there is a relation
  at::Tensor output_grad;
  attention::Spec spec;

  explicit Problem(const AttentionSpeedOptions& o) {
    for (int i = 0; i < 3; ++i) inputs.push_back(at::randn({o.batch, o.heads, o.length, o.head_dim}));
    if (o.relation)
      inputs.push_back(at::randn({o.heads, o.causal ? o.length : 2 * o.length - 1, o.head_dim}));
    for (auto& input : inputs) input.requires_grad_(true);
    output_grad = at::randn_like(inputs[0]);
    spec.pattern = attention::Dense{.causal = o.causal};
    if (!o.relation) return;
    attention::Distance distance;
    distance.key = inputs[3];
    spec.relation = distance;
  }

  at::Tensor forward(Backend backend) const {
    attention::Spec chosen = spec;
    chosen.backend = backend;
    return attention::attend(inputs[0], inputs[1], inputs[2], chosen).output;
  }
  std::vector<at::Tensor> forward_backward(Backend backend) const {
    const auto output = forward(backend);
    auto results = torch::autograd::grad({output}, inputs, {output_grad});
    results.push_back(output.detach());
    return results;
  }
};

template <typename Work>
double milliseconds(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

/// Relative to the largest number of each tensor; NaN when there is one.
double largest_difference(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double relative = (a[i] - b[i]).abs().max().item<double>() / a[i].abs().max().item<double>();
    if (!(relative <= largest)) largest = relative;
    if (std::isnan(largest)) break;
  }
  return largest;
}

}  // namespace

Timing summarize(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<size_t>(share * static_cast<double>(times.size() - 1))];
  };
  return {.median = at(0.5), .low = at(0.25), .high = at(0.75)};
}

std::vector<AttentionSpeed> attention_speed(const AttentionSpeedOptions& options) {
  if (options.repeats < 1) throw Error(ErrorKind::kUsage, "repeats must be at least 1");
  const Problem problem(options);
  const auto expected = problem.forward_backward(Backend::kReference);
  std::vector<AttentionSpeed> speeds;
  for (const Backend backend : kBackends) {
    const double difference = largest_difference(expected, problem.forward_backward(backend));
    if (!(difference < kTolerance)) {
      throw Error(ErrorKind::kSystem,
                  std::string("backend ") + backend_name(backend) + " differs from the reference");
    }
    speeds.push_back({.backend = backend_name(backend),
                      .forward = {},
                      .forward_backward = {},
                      .largest_difference = difference});
  }
  std::vector<double> forward[2], both[2];
  for (int64_t repeat = 0; repeat < options.repeats; ++repeat) {
    for (size_t i = 0; i < 2; ++i) {
      at::NoGradGuard no_grad;
      forward[i].push_back(milliseconds([&] { problem.forward(kBackends[i]); }));
    }
    for (size_t i = 0; i < 2; ++i)
      both[i].push_back(milliseconds([&] { problem.forward_backward(kBackends[i]); }));
  }
  for (size_t i = 0; i < 2; ++i) {
    speeds[i].forward = summarize(forward[i]);
    speeds[i].forward_backward = summarize(both[i]);
  }
  return speeds;
}

}  // namespace heed::bench
