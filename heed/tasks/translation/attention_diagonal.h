// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/nn/sequence_to_sequence.h"
#include "heed/tasks/translation/translation_batches.h"

namespace heed::tasks {

struct AttentionDiagonalOptions {
  nn::AttentionPart part = nn::AttentionPart::kCross;
  std::optional<int64_t> layer = {};  ///< absent: the mean of all layers
  double near = 0.1;   ///< distance from the diagonal that counts as near, of the sentence's length
  int64_t cells = 20;  ///< rows and columns of the grid
};

/// How far attention follows the positions of words, over many sentences, and how well the model predicts them.
struct AttentionDiagonal {
  at::Tensor
      grid;  ///< [cells, cells] float32: mean attention from each part of a sentence to each; rows sum to 1
  double near = 0;          ///< share of the attention near the diagonal, mean of all rows
  double near_uniform = 0;  ///< the same of attention spread evenly over what a row may see
  int64_t sentences = 0;
  int64_t tokens = 0;  ///< target tokens predicted, end marks included
  double nats = 0;
  int64_t right = 0;  ///< target tokens that had the largest probability

  double nll() const { return nats / static_cast<double>(tokens); }
  double accuracy() const { return static_cast<double>(right) / static_cast<double>(tokens); }
};

/// Averages the attention of all heads over pairs. A sentence's weights are stretched to the grid, so that long and
/// short ones count alike; a weight is near the diagonal if the relative positions of the middles of query and key
/// differ by at most `near`, or by one key. Pairs longer than the model reads are left out. Throws Error(kUsage) for a
/// layer that the model does not have, Error(kData) if no pair is left.
AttentionDiagonal attention_diagonal(nn::SequenceToSequenceModel& model,
                                     const std::vector<EncodedPair>& pairs, const TranslationMarks& marks,
                                     const AttentionDiagonalOptions& options);

}  // namespace heed::tasks
