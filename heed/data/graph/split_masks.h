// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/data/graph/graph_set.h"
#include "heed/data/graph/typed_array.h"

namespace heed::graph {

/// The arrays that say which nodes of a graph belong to a split.
struct MaskArray {
  const char* name;
  Split split;
};
inline constexpr MaskArray kMaskArrays[] = {{"train_mask", Split::kTrain},
                                            {"val_mask", Split::kValid},
                                            {"valid_mask", Split::kValid},
                                            {"test_mask", Split::kTest}};

/// Puts the nodes whose value is 1 into the split. Throws Error(kData) for values other than 0 and 1, and for a node
/// that is in another split already.
void use_mask(const NamedArray& mask, Split split, GraphSet& set);

}  // namespace heed::graph
