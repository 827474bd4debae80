// SPDX-License-Identifier: Apache-2.0
// matrix.h and the exponential of simd.h as compiled for one vector width; the test compiles this for each.
#include "matrix_body.h"

#include "heed/kernels/matrix.h"

namespace heed::kernels::testing {
namespace {

void multiply_any(int rows, int columns, int depth, const Operand& a, const Operand& b, float* c,
                  int64_t c_row, bool add) {
  multiply(rows, columns, depth, {a.data, a.first, a.second}, {b.data, b.first, b.second}, {c, c_row}, add);
}

void exponential_of(const float* from, float* to, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) store(to + i, exponential(load(from + i)));
}

void round_trip(const float* from, float* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = from_bfloat16(to_bfloat16(from[i]));
}

}  // namespace

MatrixBody HEED_BODY() {
  return {kLanes, multiply_any, exponential_of, round_trip};
}

}  // namespace heed::kernels::testing
