// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/attention.h"

namespace heed::attention {

/// Remembers edges that make_edges() made, until a few others follow, so that training on one graph checks their numbers once and not in every call.
/// They are known by their tensors, and no longer once one of them is written to by a torch operation. Thread-safe.
void remember_edges(const Edges& edges);
bool are_known(const Edges& edges);

}  // namespace heed::attention
