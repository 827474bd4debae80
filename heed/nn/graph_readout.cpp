// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/graph_readout.h"

#include <ATen/ops/segment_reduce.h>

namespace heed::nn {

at::Tensor sum_of_nodes(const at::Tensor& values, const Graphs& graphs) {
  return at::segment_reduce(values.contiguous(), "sum", graphs.begin.diff(), {}, {}, /*axis=*/0,
                            /*unsafe=*/true,
                            /*initial=*/0);
}

at::Tensor mean_of_nodes(const at::Tensor& values, const Graphs& graphs) {
  const at::Tensor nodes = graphs.begin.diff().clamp_min(1).unsqueeze(1);
  return sum_of_nodes(values, graphs) / nodes.to(values.scalar_type());
}

}  // namespace heed::nn
