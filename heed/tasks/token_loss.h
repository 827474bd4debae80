// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "heed/nn/sequence_to_sequence.h"

namespace heed::tasks {

/// A target to ignore: padding.
constexpr int64_t kIgnoredTarget = -100;

/// Cross-entropy in nats, summed over the targets that are not kIgnoredTarget: logits [batch, length,
/// vocabulary], targets [batch, length] int64. `label_smoothing` of the target is spread over all tokens
/// (Szegedy et al. 2016).
at::Tensor summed_token_loss(const at::Tensor& logits, const at::Tensor& targets, double label_smoothing);

/// The same from a model's features [batch, length, width] and its output layer. In float32 on the CPU it never stores
/// the logits and does not compute those of padding.
at::Tensor summed_token_loss(const at::Tensor& features, const nn::OutputLayer& output,
                             const at::Tensor& targets, double label_smoothing);

/// R-Drop, Liang et al. 2021, arXiv:2106.14448: the mean loss of two passes over the same targets with different dropout,
/// plus `alpha` times the mean of KL(one || other) and KL(other || one). This is half of the paper's sum: with alpha 0 it
/// is the mean of the two losses.
///
/// features  [2 * batch, length, width], the first pass, then the second
/// targets   [batch, length] int64
///
/// Memory: stores the logits of both passes.
at::Tensor r_drop_loss(const at::Tensor& features, const nn::OutputLayer& output, const at::Tensor& targets,
                       double label_smoothing, double alpha);

}  // namespace heed::tasks
