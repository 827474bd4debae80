// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "heed/nn/graph_model.h"

namespace heed::nn {

/// The distance between the two nodes of each edge, [edges] float32. The graphs must have coordinates.
at::Tensor edge_lengths(const Graphs& graphs);

}  // namespace heed::nn
