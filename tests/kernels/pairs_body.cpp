// SPDX-License-Identifier: Apache-2.0
// matrix_pairs.h as emulated; the test compiles this once for vectors and once for tiles.
#include "pairs_body.h"

#include "heed/kernels/matrix_pairs.h"

namespace heed::kernels::testing {
namespace {

void multiply_any(int rows, int columns, int depth, const Operand& a, const Operand& b, float* c,
                  int64_t c_row, bool add) {
  multiply_pairs(rows, columns, depth, {a.data, a.first, a.second}, {b.data, b.first, b.second}, {c, c_row},
                 add);
}

}  // namespace

PairsBody HEED_BODY() {
  return {kHasTiles ? "tiles" : "vectors", multiply_any, transpose_square};
}

}  // namespace heed::kernels::testing
