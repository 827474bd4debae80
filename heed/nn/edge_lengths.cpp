// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/edge_lengths.h"

#include "heed/attention/edges.h"

namespace heed::nn {

at::Tensor edge_lengths(const Graphs& graphs) {
  const at::Tensor from = graphs.coordinates.index_select(0, graphs.edges.source);
  const at::Tensor to = graphs.coordinates.index_select(0, attention::targets_of(graphs.edges));
  return (from - to).square().sum(1).sqrt();
}

}  // namespace heed::nn
