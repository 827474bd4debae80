// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/sampling.h"

#include <cmath>
#include <limits>
#include <optional>

#include <ATen/core/PhiloxRNGEngine.h>
#include <c10/util/Exception.h>

#include "heed/decoding/kept_tokens.h"
#include "heed/decoding/log_probabilities.h"
#include "heed/decoding/logit_row.h"
#include "heed/decoding/token_filters.h"

namespace heed::decoding {
namespace {

void check(const char* caller, const SamplingOptions& options) {
  TORCH_CHECK(options.temperature >= 0, "[", caller, "] temperature must not be negative, got ",
              options.temperature);
  TORCH_CHECK(options.top_k >= 0, "[", caller, "] top_k must not be negative, got ", options.top_k);
  TORCH_CHECK(options.top_p >= 0 && options.top_p <= 1, "[", caller, "] top_p must be from 0 to 1, got ",
              options.top_p);
  TORCH_CHECK(options.min_p >= 0 && options.min_p <= 1, "[", caller, "] min_p must be from 0 to 1, got ",
              options.min_p);
}

/// A row and the options to draw from it. Its blocks' weights are summed once.
class Sampler {
 public:
  Sampler(const char* caller, std::span<const float> logits, const SamplingOptions& options)
      : row_(caller, logits), options_(options) {
    check(caller, options);
    TORCH_CHECK(row_.largest() > -std::numeric_limits<float>::infinity(), "[", caller,
                "] every token is forbidden");
    if (options.temperature > 0) problem_ = row_.problem(options.temperature);
  }

  int64_t pick(double uniform) {
    if (options_.temperature == 0) return row_.most_likely();
    const KeptTokens kept = filter();
    if (kept.all()) return token_at(problem_, kept, all_weights(), uniform);
    return token_at(problem_, kept, weigh_blocks(problem_, kept), uniform);
  }

  double log_probability(int64_t token) const {
    const double log_sum =
        options_.temperature == 1 && all_weights_ ? std::log(all_weights_->total) : row_.log_sum();
    return (static_cast<double>(row_.logits()[static_cast<size_t>(token)]) - row_.largest()) - log_sum;
  }

 private:
  KeptTokens filter() {
    KeptTokens kept;
    if (options_.top_k > 0) kept = keep_most_likely(problem_, options_.top_k);
    if (options_.top_p > 0 && options_.top_p < 1) {
      const double total = kept.all() ? all_weights().total : weigh_blocks(problem_, kept).total;
      kept = keep_share(problem_, kept, total, options_.top_p);
    }
    if (options_.min_p > 0) kept = keep_ratio(problem_, kept, options_.min_p);
    return kept;
  }

  const BlockWeights& all_weights() {
    if (!all_weights_) all_weights_ = weigh_blocks(problem_, {});
    return *all_weights_;
  }

  LogitRow row_;
  const SamplingOptions& options_;
  kernels::LogitsProblem problem_;           // at the temperature
  std::optional<BlockWeights> all_weights_;  // at the temperature, without filters
};

}  // namespace

std::vector<Field> fields(SamplingOptions& options) {
  return {
      {"temperature", &options.temperature, "divisor of the logits; 0: take the most likely token",
       between(0, 100)},
      {"top_k", &options.top_k, "keep this many most likely tokens; 0: all", at_least(0)},
      {"top_p", &options.top_p, "keep the fewest most likely tokens that reach this probability; 0: all",
       between(0, 1)},
      {"min_p", &options.min_p, "keep tokens at least this many times as likely as the likeliest; 0: all",
       between(0, 1)},
  };
}

Draw draw_token(std::span<const float> logits, const SamplingOptions& options, double uniform) {
  Sampler sampler("draw_token", logits, options);
  const int64_t token = sampler.pick(uniform);
  return {token, sampler.log_probability(token)};
}

Draw draw_token(std::span<const float> logits, Constraint& constraint, const SamplingOptions& options,
                double uniform) {
  std::vector<float> allowed(logits.begin(), logits.end());
  constraint.restrict_logits(allowed);
  const int64_t token = Sampler("draw_token", allowed, options).pick(uniform);
  return {token, log_probability(logits, token)};
}

int64_t pick_token(std::span<const float> logits, const SamplingOptions& options, double uniform) {
  return Sampler("pick_token", logits, options).pick(uniform);
}

double sampling_noise(uint64_t seed, int64_t sample, int64_t position) {
  at::Philox4_32 engine(seed, static_cast<uint64_t>(sample), static_cast<uint64_t>(position));
  const uint64_t high = engine(), low = engine();
  return static_cast<double>(((high << 32) | low) >> 11) * 0x1p-53;
}

}  // namespace heed::decoding
