// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

namespace heed::attention {

/// Sorts a list of edges from source to target, [edges] of an integer type on one device. Edges of the same target keep their
/// order. Takes O(edges + nodes) on the CPU. Throws c10::Error for a node that is not there.
Edges make_edges(const at::Tensor& source, const at::Tensor& target, int64_t sources, int64_t targets);

/// The target of each edge, [edges] int64.
at::Tensor targets_of(const Edges& edges);

/// The weights [edges, heads] that attend() gives the edges of spec.pattern, without dropout and without gradient.
at::Tensor edge_weights(const at::Tensor& query, const at::Tensor& key, const Spec& spec);

}  // namespace heed::attention
