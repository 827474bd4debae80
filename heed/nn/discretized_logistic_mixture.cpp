// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/discretized_logistic_mixture.h"

#include <cmath>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/expm1.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

namespace heed::nn {
namespace {

constexpr double kSmallestLogScale = -7, kLargestLogScale = 7;
constexpr double kHalfRange = 127.5;  ///< values to one unit of x

/// Numbers of each component, 1 and 3 channels: its logit, means, log scales, coefficients.
int64_t numbers_of_component(int64_t channels) {
  TORCH_CHECK(channels == 1 || channels == 3, "[discretized_logistic] pixels must have 1 or 3 channels, got ",
              channels);
  return channels == 1 ? 3 : 10;
}

struct Mixture {
  at::Tensor log_weights;        ///< [..., mixtures]
  at::Tensor means, log_scales;  ///< [..., channels, mixtures]
  at::Tensor coefficients;       ///< [..., 3, mixtures]; undefined for 1 channel
};

Mixture unpack(const at::Tensor& given, int64_t channels) {
  const int64_t numbers = numbers_of_component(channels);
  TORCH_CHECK(given.dim() > 0 && given.size(-1) > 0 && given.size(-1) % numbers == 0,
              "[discretized_logistic] parameters of ", channels, " channels must be a multiple of ", numbers,
              ", got ", given.sizes());
  const at::Tensor parameters = given.scalar_type() == at::kDouble ? given : given.to(at::kFloat);
  const int64_t mixtures = parameters.size(-1) / numbers;
  const auto table = [&](int64_t first, int64_t rows) {
    return parameters.narrow(-1, first * mixtures, rows * mixtures).unflatten(-1, {rows, mixtures});
  };
  Mixture mixture;
  mixture.log_weights = at::log_softmax(parameters.narrow(-1, 0, mixtures), -1);
  mixture.means = table(1, channels);
  mixture.log_scales = table(1 + channels, channels).clamp(kSmallestLogScale, kLargestLogScale);
  if (channels == 3) mixture.coefficients = table(1 + 2 * channels, 3).tanh();
  return mixture;
}

at::Tensor position(const at::Tensor& value) {
  return value / kHalfRange - 1;
}

/// Means [..., mixtures] of one channel, given values [..., at least `channel`] of those before it.
at::Tensor mean_given(const Mixture& mixture, int64_t channel, const at::Tensor& values) {
  at::Tensor mean = mixture.means.select(-2, channel);
  const int64_t first = channel == 2 ? 1 : 0;  // of its coefficients: a belongs to green, b and c to blue
  for (int64_t before = 0; before < channel; ++before) {
    const at::Tensor x = position(values.select(-1, before)).unsqueeze(-1);
    mean = mean + mixture.coefficients.select(-2, first + before) * x;
  }
  return mean;
}

/// Log of the mass that logistics give to the bins of values 0 to 255; everything broadcasts.
at::Tensor log_mass(const at::Tensor& value, const at::Tensor& mean, const at::Tensor& log_scale) {
  const at::Tensor sharpness = at::exp(-log_scale);
  const at::Tensor upper = (position(value + 0.5) - mean) * sharpness;
  const at::Tensor lower = (position(value - 0.5) - mean) * sharpness;
  const at::Tensor lowest = value == 0, highest = value == 255;
  // sigmoid(u) - sigmoid(l) = sigmoid(u) sigmoid(-l) (1 - exp(l - u)); a tail has but one bound.
  const at::Tensor both = (-at::expm1(sharpness * (-1 / kHalfRange))).log();
  return at::log_sigmoid(upper).masked_fill(highest, 0) + at::log_sigmoid(-lower).masked_fill(lowest, 0) +
         both.masked_fill(lowest.logical_or(highest), 0);
}

}  // namespace

int64_t discretized_logistic_parameters(int64_t channels, int64_t mixtures) {
  TORCH_CHECK(mixtures > 0, "[discretized_logistic] mixtures must be at least 1, got ", mixtures);
  return numbers_of_component(channels) * mixtures;
}

at::Tensor discretized_logistic_bias(int64_t channels, int64_t mixtures) {
  at::Tensor bias = at::zeros({discretized_logistic_parameters(channels, mixtures)});
  const at::Tensor means = (at::arange(mixtures, at::kFloat) * 2 + 1) / static_cast<double>(mixtures) - 1;
  bias.narrow(0, mixtures, channels * mixtures).view({channels, mixtures}).copy_(means);
  // Half of the range: the components overlap, and none finds a value of another impossible.
  bias.narrow(0, (1 + channels) * mixtures, channels * mixtures).fill_(std::log(0.5));
  return bias;
}

at::Tensor discretized_logistic_nll(const at::Tensor& parameters, const at::Tensor& pixels) {
  TORCH_CHECK(
      pixels.scalar_type() == at::kByte && pixels.dim() == parameters.dim() && pixels.dim() > 0 &&
          pixels.sizes().slice(0, pixels.dim() - 1) == parameters.sizes().slice(0, parameters.dim() - 1),
      "[discretized_logistic] pixels must be uint8 with the dimensions of the parameters but the last, "
      "got ",
      pixels.scalar_type(), " ", pixels.sizes(), " and parameters ", parameters.sizes());
  const int64_t channels = pixels.size(-1);
  const Mixture mixture = unpack(parameters, channels);
  const at::Tensor values = pixels.to(mixture.means.scalar_type());
  std::vector<at::Tensor> means;
  for (int64_t channel = 0; channel < channels; ++channel)
    means.push_back(mean_given(mixture, channel, values));
  const at::Tensor masses = log_mass(values.unsqueeze(-1), at::stack(means, -2), mixture.log_scales);
  return -at::logsumexp(mixture.log_weights + masses.sum(-2), -1);
}

namespace {

bool fits_kernel(const at::Tensor& parameters, int64_t channels) {
  return parameters.stride(1) == 1 && parameters.size(1) <= kMostLogistics * numbers_of_component(channels);
}

}  // namespace

at::Tensor discretized_logistic_logits(const at::Tensor& parameters, int64_t channels,
                                       const at::Tensor& previous) {
  TORCH_CHECK(parameters.dim() == 2 && previous.scalar_type() == at::kLong && previous.dim() == 2 &&
                  previous.size(0) == parameters.size(0) && previous.size(1) < channels,
              "[discretized_logistic] previous must be int64 [", parameters.size(0), ", below ", channels,
              "], got ", previous.scalar_type(), " ", previous.sizes());
  TORCH_CHECK(parameters.size(1) > 0 && parameters.size(1) % numbers_of_component(channels) == 0,
              "[discretized_logistic] parameters of ", channels, " channels must be a multiple of ",
              numbers_of_component(channels), ", got ", parameters.size(1));
  const auto kernel = discretized_logistic_kernel.find_for_inference(parameters);
  if (kernel && fits_kernel(parameters, channels)) return kernel(parameters, channels, previous);
  const Mixture mixture = unpack(parameters, channels);
  const auto dtype = mixture.means.scalar_type();
  const at::Tensor values = previous.to(dtype);
  at::Tensor log_weights = mixture.log_weights;  // [n, mixtures]
  for (int64_t before = 0; before < previous.size(1); ++before) {
    log_weights = log_weights + log_mass(values.narrow(1, before, 1), mean_given(mixture, before, values),
                                         mixture.log_scales.select(1, before));
  }
  const int64_t channel = previous.size(1);
  const at::Tensor every = at::arange(256, parameters.options().dtype(dtype)).unsqueeze(1);
  const at::Tensor masses = log_mass(every, mean_given(mixture, channel, values).unsqueeze(1),
                                     mixture.log_scales.select(1, channel).unsqueeze(1));
  return at::logsumexp(at::log_softmax(log_weights, -1).unsqueeze(1) + masses, -1);
}

}  // namespace heed::nn
