// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/data/graph/graph_set.h"
#include "heed/data/graph/typed_array.h"

namespace heed::graph {

/// A CSR matrix as files store it.
struct SparseArrays {
  NamedArray data, indices, indptr;
  int64_t rows = 0, columns = 0;
};

/// The matrix as features: columns ascend in a row, and entries of one place are added up. Throws Error(kData) with the
/// array for one that does not fit.
Features sparse_features(const SparseArrays& arrays);

/// Row pointers and columns, checked, in the order of the file.
struct SparsePattern {
  std::vector<int64_t> indptr;
  std::vector<int32_t> indices;
};
SparsePattern sparse_pattern(const SparseArrays& arrays);

}  // namespace heed::graph
