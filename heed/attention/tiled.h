// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/dense.h"

namespace heed::attention {

/// How the work is cut; the defaults are what was measured to be fast.
struct TiledOptions {
  int64_t tile_elements = 64 * 1024;  ///< scores in a tile: two such tiles stay in a core's cache
  bool heads_together = false;  ///< all heads of a batch element in one tile (GPUs) instead of one (CPU)
};
TiledOptions tiled_options(at::Device device);

/// Dense attention by tiles of query rows: scores of a tile are made, used and forgotten. Each thread takes
/// whole heads and works in one tile's memory. Extra memory: O(length * head_dim) per head, forward and
/// backward.
Result tiled_forward(const DenseInputs& inputs, const TiledOptions& options);

/// Makes each tile's weights again (softmax of the same scores, so the same numbers as in the forward pass);
/// `logsumexp` tells which rows had no keys.
DenseGradients tiled_backward(const at::Tensor& output_grad, const DenseInputs& inputs,
                              const at::Tensor& logsumexp, const TiledOptions& options);

}  // namespace heed::attention
