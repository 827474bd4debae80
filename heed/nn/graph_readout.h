// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "heed/nn/graph_model.h"

namespace heed::nn {

/// Sums and means over the nodes of each graph: values [nodes, width] to [graphs, width]. A graph without nodes gets zeros.
/// Differentiable.
at::Tensor sum_of_nodes(const at::Tensor& values, const Graphs& graphs);
at::Tensor mean_of_nodes(const at::Tensor& values, const Graphs& graphs);

}  // namespace heed::nn
