// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "heed/decoding/sampling.h"

/// Sampling by definition: float64 over the whole vocabulary, sorted.
namespace heed::decoding {

inline std::vector<double> log_softmax(std::span<const float> logits) {
  const double best = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - best);
  std::vector<double> result;
  for (const float logit : logits) result.push_back(logit - best - std::log(sum));
  return result;
}

/// Ranks tokens from most to least likely, ties by lower token.
inline std::vector<int64_t> ranked(std::span<const float> logits) {
  std::vector<int64_t> order(logits.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)];
  });
  return order;
}

/// Returns how many of the ranked tokens are kept, given their weights relative to the most likely one.
inline size_t count_kept(const std::vector<double>& weights, const std::vector<int64_t>& order,
                         const SamplingOptions& options) {
  const auto weight = [&](size_t rank) { return weights[static_cast<size_t>(order[rank])]; };
  size_t count = order.size();
  if (options.top_k > 0) count = std::min(count, static_cast<size_t>(options.top_k));
  if (options.top_p > 0 && options.top_p < 1) {
    double total = 0, sum = 0;
    for (size_t i = 0; i < count; ++i) total += weight(i);
    size_t needed = 0;
    while (needed < count && sum < options.top_p * total) sum += weight(needed++);
    count = needed;
  }
  while (count > 1 && weight(count - 1) < options.min_p) --count;
  return count;
}

/// Returns the probabilities with which tokens are drawn.
inline std::vector<double> token_probabilities(std::span<const float> logits,
                                               const SamplingOptions& options) {
  const auto order = ranked(logits);
  std::vector<double> weights(logits.size(), 0.0);
  const double best = logits[static_cast<size_t>(order[0])];
  if (options.temperature == 0) {
    weights[static_cast<size_t>(order[0])] = 1;
    return weights;
  }
  for (size_t i = 0; i < logits.size(); ++i) weights[i] = std::exp((logits[i] - best) / options.temperature);
  for (size_t i = count_kept(weights, order, options); i < order.size(); ++i)
    weights[static_cast<size_t>(order[i])] = 0;
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace heed::decoding
