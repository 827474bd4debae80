// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/dense_inputs.h"

namespace heed::attention {

/// How the work is split into tiles; the defaults are the fastest of those measured.
struct TiledOptions {
  int64_t tile_elements = 64 * 1024;  ///< scores in a tile: two such tiles stay in a core's cache
  bool heads_together = false;        ///< a tile has all heads of a batch element (GPUs), or one (CPU)
};
TiledOptions tiled_options(at::Device device);

/// Dense attention by tiles of query rows: the scores of a tile are computed, used and discarded. Each thread
/// takes whole heads and works in the memory of one tile. Extra memory: O(length * head_dim) per head, in
/// forward and backward.
Result dense_tiled_forward(const DenseInputs& inputs, const TiledOptions& options);

/// Computes each tile's weights again (softmax of the same scores, so the same numbers as in the forward
/// pass). `logsumexp` says which rows had no keys.
DenseGradients dense_tiled_backward(const at::Tensor& output_grad, const DenseInputs& inputs,
                                    const at::Tensor& logsumexp, const TiledOptions& options);

}  // namespace heed::attention
