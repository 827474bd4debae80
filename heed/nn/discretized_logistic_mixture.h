// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "heed/nn/device_kernel.h"

namespace heed::nn {

/// The discretised mixture of logistics of PixelCNN++ (Salimans et al. 2017, arXiv:1701.05517, section 2.1):
/// a distribution over the 256 values of each channel of a pixel, all channels from one set of parameters.
///
/// A value v stands at x = v / 127.5 - 1. Component k gives it the mass of a logistic, with mean mu and scale
/// s, between v - 1/2 and v + 1/2; 0 and 255 take the whole tails. All channels of a pixel come from the same
/// component, and within one the means go by the channels before (section 2.2), with coefficients in (-1, 1):
///
///     mu_red = m_red,  mu_green = m_green + a x_red,  mu_blue = m_blue + b x_red + c x_green
///
/// Parameters of a pixel, last dimension, in this order, each of `mixtures` numbers: logits of the
/// components; m of each channel; log s of each channel; and for 3 channels a, b, c before their tanh.
///
/// The log of a mass is taken as log sigmoid(upper) + log sigmoid(-lower) + log(1 - exp(lower - upper)),
/// which is exact and stable for the smallest mass. The paper's substitute by the density, which would leave
/// the distribution a little off 1, is not needed. log s is held between -7, as in the paper, and 7.
///
/// An output layer should start with `discretized_logistic_bias` and small weights: the first loss is then
/// near ln 256 for each channel, whatever the images.
///
/// float16 and bfloat16 parameters are taken as float32. All functions throw c10::Error when shapes disagree.

/// Parameters of a pixel: 10 for each mixture with 3 channels, 3 with 1. Throws for other channels.
int64_t discretized_logistic_parameters(int64_t channels, int64_t mixtures);

/// What the parameters should be before anything is learned, [parameters] float32: equal components, means
/// side by side across all values, wide scales, channels that do not know each other.
at::Tensor discretized_logistic_bias(int64_t channels, int64_t mixtures);

/// -ln p of each pixel, its channels together, in nats.
///
/// parameters  [..., parameters]
/// pixels      [..., channels] uint8
/// returns     [...] float32, or float64 for parameters of float64
///
/// Differentiable in the parameters. Memory: some 20 numbers for each channel and component.
at::Tensor discretized_logistic_nll(const at::Tensor& parameters, const at::Tensor& pixels);

/// Log-probabilities of the 256 values of the channel that follows `previous`, given these.
///
/// parameters  [n, parameters]
/// channels    of the images: 1 or 3
/// previous    [n, c] int64: values of the channels before, c below `channels`
/// returns     [n, 256]; exp sums to 1 within rounding
///
/// The components are weighted by what they are worth after the channels before, so that the sum over the
/// channels of a pixel, each at its value, is -discretized_logistic_nll. Memory O(256 n mixtures).
at::Tensor discretized_logistic_logits(const at::Tensor& parameters, int64_t channels,
                                       const at::Tensor& previous);

/// The kernel of discretized_logistic_logits, without gradient, for at most kMostLogistics components.
/// parameters has contiguous rows.
constexpr int64_t kMostLogistics = 64;
inline constinit DeviceKernel<at::Tensor(const at::Tensor& parameters, int64_t channels,
                                         const at::Tensor& previous)>
    discretized_logistic_kernel;

}  // namespace heed::nn
