// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/split_masks.h"

namespace heed::graph {

void use_mask(const NamedArray& mask, Split split, GraphSet& set) {
  mask.expect_shape({set.nodes()});
  const auto chosen = small_numbers(mask, 0, 1);
  set.split_level = Level::kNode;
  set.split.resize(chosen.size(), Split::kNone);
  for (size_t node = 0; node < chosen.size(); ++node) {
    if (chosen[node] == 0) continue;
    if (set.split[node] != Split::kNone)
      mask.fail("puts node " + std::to_string(node) + " into a second split");
    set.split[node] = split;
  }
}

}  // namespace heed::graph
