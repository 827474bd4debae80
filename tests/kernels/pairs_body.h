// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "matrix_body.h"

namespace heed::kernels::testing {

/// matrix_pairs.h with plain code in place of the instructions: for vectors, and for AMX's tiles.
struct PairsBody {
  const char* name;
  void (*multiply)(int rows, int columns, int depth, const Operand& a, const Operand& b, float* c,
                   int64_t c_row, bool add);
  void (*transpose_square)(const uint32_t* from, int64_t from_row, uint32_t* to, int64_t to_row);
};
PairsBody pairs_of_vectors();
PairsBody pairs_of_tiles();

}  // namespace heed::kernels::testing
