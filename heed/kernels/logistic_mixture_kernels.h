// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/logistic_mixture.h"
#include "heed/kernels/simd.h"

/// logistic_mixture.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

constexpr float kHalfRange = 127.5f;

/// The logistics of one channel: means, 1 / scales, ln(1 - e^(-width / scale)) of a whole bin, ln of the
/// weights.
struct Logistics {
  float mean[LogisticMixtureProblem::kMostMixtures], sharpness[LogisticMixtureProblem::kMostMixtures],
      bin[LogisticMixtureProblem::kMostMixtures], weight[LogisticMixtureProblem::kMostMixtures];
};

inline float log_sigmoid(float x) {
  return (x < 0 ? x : 0) - __builtin_log1pf(__builtin_expf(x < 0 ? x : -x));
}

/// The parameters of one channel of a row, given the channels before it.
inline void set_channel(const LogisticMixtureProblem& p, int64_t row, int64_t channel, Logistics& to) {
  const float* parameters = p.parameters + row * p.parameters_row;
  const int64_t* previous = p.previous + row * p.known;
  const auto number = [&](int64_t which, int64_t k) { return parameters[which * p.mixtures + k]; };
  const int64_t first = 1 + 2 * p.channels + (channel == 2 ? 1 : 0);  // coefficient of the channel
  for (int64_t k = 0; k < p.mixtures; ++k) {
    float mean = number(1 + channel, k);
    for (int64_t before = 0; before < channel; ++before) {
      const float x = static_cast<float>(previous[before]) / kHalfRange - 1;
      mean += __builtin_tanhf(number(first + before, k)) * x;
    }
    const float given = number(1 + p.channels + channel, k);
    const float log_scale = given < -7 ? -7 : given > 7 ? 7 : given;
    to.mean[k] = mean;
    to.sharpness[k] = __builtin_expf(-log_scale);
    to.bin[k] = __builtin_logf(-__builtin_expm1f(-to.sharpness[k] / kHalfRange));
  }
}

/// The weights, given one more channel.
inline void weigh(const LogisticMixtureProblem& p, int64_t value, Logistics& mixture) {
  for (int64_t k = 0; k < p.mixtures; ++k) {
    const auto bound = [&](float at) {
      return (at / kHalfRange - 1 - mixture.mean[k]) * mixture.sharpness[k];
    };
    const float v = static_cast<float>(value);
    if (value < 255) mixture.weight[k] += log_sigmoid(bound(v + 0.5f));
    if (value > 0) mixture.weight[k] += log_sigmoid(-bound(v - 0.5f));
    if (value > 0 && value < 255) mixture.weight[k] += mixture.bin[k];
  }
}

inline void normalise_weights(int64_t mixtures, float* weight) {
  float most = weight[0], total = 0;
  for (int64_t k = 1; k < mixtures; ++k) most = weight[k] > most ? weight[k] : most;
  for (int64_t k = 0; k < mixtures; ++k) total += __builtin_expf(weight[k] - most);
  const float log_total = most + __builtin_logf(total);
  for (int64_t k = 0; k < mixtures; ++k) weight[k] -= log_total;
}

/// The share that one component gives each of a vector of values: its ln, except for a divisor of 1 to 4.
struct Share {
  Floats exponent, divisor;
};

inline Share share_of(const Logistics& mixture, int64_t k, Floats value, bool divide) {
  const Floats mean = splat(mixture.mean[k]), sharpness = splat(mixture.sharpness[k]), zero{};
  const auto bound = [&](float half) {
    return ((value + splat(half)) / splat(kHalfRange) - splat(1.0f) - mean) * sharpness;
  };
  // A tail has one bound: the other is infinitely far.
  const Ints lowest = value<splat(0.5f), highest = value> splat(254.5f);
  const Floats far = splat(1e4f);
  const Floats upper = select(highest, far, bound(0.5f)), lower = select(lowest, far, -bound(-0.5f));
  const Floats bin = select(lowest | highest, zero, splat(mixture.bin[k]));
  Share share;
  share.exponent =
      splat(mixture.weight[k]) + bin + (upper < zero ? upper : zero) + (lower < zero ? lower : zero);
  if (!divide) return share;
  const auto factor = [&](Floats x) { return splat(1.0f) + exponential(x < zero ? x : -x); };
  share.divisor = factor(upper) * factor(lower);
  return share;
}

inline void write_logits(const Logistics& mixture, int64_t mixtures, float* logits) {
  for (int64_t v = 0; v < 256; v += kLanes) {
    Floats value{};
    for (int i = 0; i < kLanes; ++i) value[i] = static_cast<float>(v + i);
    Floats most = splat(-kInfinity), total{};
    for (int64_t k = 0; k < mixtures; ++k) most = maximum(share_of(mixture, k, value, false).exponent, most);
    for (int64_t k = 0; k < mixtures; ++k) {
      const Share share = share_of(mixture, k, value, true);
      total += exponential(share.exponent - most) / share.divisor;
    }
    for (int i = 0; i < kLanes; ++i) logits[v + i] = most[i] + __builtin_logf(total[i]);
  }
}

inline void logistic_mixture_next_channel(const LogisticMixtureProblem& p, int64_t begin,
                                          int64_t end) noexcept {
  for (int64_t row = begin; row < end; ++row) {
    Logistics mixture;
    for (int64_t k = 0; k < p.mixtures; ++k) mixture.weight[k] = p.parameters[row * p.parameters_row + k];
    normalise_weights(p.mixtures, mixture.weight);
    for (int64_t channel = 0; channel < p.known; ++channel) {
      set_channel(p, row, channel, mixture);
      weigh(p, p.previous[row * p.known + channel], mixture);
    }
    normalise_weights(p.mixtures, mixture.weight);
    set_channel(p, row, p.known, mixture);
    write_logits(mixture, p.mixtures, p.logits + row * 256);
  }
}

constexpr LogisticMixtureKernels logistic_mixture_kernels() {
  return {logistic_mixture_next_channel};
}

}  // namespace
}  // namespace heed::kernels
