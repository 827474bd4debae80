// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/graph_model.h"

namespace heed::nn {

AttendedEdges GraphModel::attended(const Graphs& /*graphs*/, int64_t /*layer*/) {
  TORCH_CHECK(false, "[graph model] this model has no attention");
}

}  // namespace heed::nn
