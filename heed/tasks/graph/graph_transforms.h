// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "heed/nn/graph_model.h"

namespace heed::tasks {

/// The same graph with its nodes in another order: node i of the result is node order[i]. `graphs` holds one graph; edges and what they
/// have follow their nodes.
nn::Graphs relabelled(const nn::Graphs& graphs, const at::Tensor& order);

/// The same graphs with their coordinates turned: `rotation` is [3, 3]; a point p becomes rotation p.
nn::Graphs rotated(const nn::Graphs& graphs, const at::Tensor& rotation);

/// A uniform random rotation [3, 3] float64, by the QR decomposition of normal numbers, from the default generator.
at::Tensor random_rotation();

}  // namespace heed::tasks
