// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/core/PhiloxRNGEngine.h>
#include <c10/util/Exception.h>

namespace heed::decoding {
namespace {

int64_t most_likely(std::span<const float> logits) {
  return std::max_element(logits.begin(), logits.end()) - logits.begin();  // the first of equals
}

/// Tokens from most to least likely; of equals the lower first.
std::vector<int64_t> ranked(std::span<const double> probabilities) {
  std::vector<int64_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return probabilities[static_cast<size_t>(a)] > probabilities[static_cast<size_t>(b)];
  });
  return order;
}

/// How many of the ranked tokens stay.
size_t kept(std::span<const double> probabilities, const std::vector<int64_t>& order,
            const SamplingOptions& options) {
  size_t count = order.size();
  if (options.top_k > 0) count = std::min(count, static_cast<size_t>(options.top_k));
  if (options.top_p <= 0 || options.top_p >= 1) return count;
  double total = 0;
  for (size_t i = 0; i < count; ++i) total += probabilities[static_cast<size_t>(order[i])];
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    sum += probabilities[static_cast<size_t>(order[i])];
    if (sum >= options.top_p * total) return i + 1;
  }
  return count;
}

void normalise(std::vector<double>& weights) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
}

}  // namespace

std::vector<Field> fields(SamplingOptions& options) {
  return {
      {"temperature", &options.temperature, "divides the logits; 0 takes the most likely token",
       between(0, 100)},
      {"top_k", &options.top_k, "keep this many most likely tokens; 0: all", at_least(0)},
      {"top_p", &options.top_p, "keep the most likely tokens that reach this probability; 0: all",
       between(0, 1)},
  };
}

std::vector<double> token_probabilities(std::span<const float> logits, const SamplingOptions& options) {
  TORCH_CHECK(!logits.empty(), "[sampling] no logits");
  TORCH_CHECK(options.temperature >= 0, "[sampling] temperature must not be negative, got ",
              options.temperature);
  const auto best = static_cast<size_t>(most_likely(logits));
  TORCH_CHECK(std::isfinite(logits[best]), "[sampling] every token is forbidden, or a logit is not a number");
  std::vector<double> probabilities(logits.size(), 0.0);
  if (options.temperature == 0) {
    probabilities[best] = 1;
    return probabilities;
  }
  for (size_t i = 0; i < logits.size(); ++i) {
    TORCH_CHECK(!std::isnan(logits[i]), "[sampling] the logit of token ", i, " is not a number");
    probabilities[i] = std::exp((static_cast<double>(logits[i]) - logits[best]) / options.temperature);
  }
  if (options.top_k > 0 || (options.top_p > 0 && options.top_p < 1)) {
    const auto order = ranked(probabilities);
    for (size_t i = kept(probabilities, order, options); i < order.size(); ++i)
      probabilities[static_cast<size_t>(order[i])] = 0;
  }
  normalise(probabilities);
  return probabilities;
}

int64_t pick_token(std::span<const double> probabilities, double uniform) {
  double sum = 0;
  int64_t last = -1;
  for (size_t i = 0; i < probabilities.size(); ++i) {
    if (probabilities[i] <= 0) continue;
    last = static_cast<int64_t>(i);
    sum += probabilities[i];
    if (uniform < sum) return last;
  }
  TORCH_CHECK(last >= 0, "[sampling] no token has a probability");
  return last;  // rounding left the sum a hair under 1
}

double sampling_noise(uint64_t seed, int64_t sample, int64_t position) {
  at::Philox4_32 engine(seed, static_cast<uint64_t>(sample), static_cast<uint64_t>(position));
  const uint64_t high = engine(), low = engine();
  return static_cast<double>(((high << 32) | low) >> 11) * 0x1p-53;
}

std::vector<double> log_softmax(std::span<const float> logits) {
  const double best = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - best);
  const double logsumexp = best + std::log(sum);
  std::vector<double> result(logits.begin(), logits.end());
  for (double& value : result) value -= logsumexp;
  return result;
}

}  // namespace heed::decoding
