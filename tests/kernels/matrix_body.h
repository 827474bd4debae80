// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace heed::kernels::testing {

/// data and the two strides of a Left (row, step) or a Right (panel, row).
struct Operand {
  const float* data;
  int64_t first, second;
};

struct MatrixBody {
  int lanes;
  void (*multiply)(int rows, int columns, int depth, const Operand& a, const Operand& b, float* c,
                   int64_t c_row, bool add);
  void (*exponential)(const float* from, float* to, int64_t count);
  void (*bfloat16_round_trip)(const float* from, float* to, int64_t count);
};

// Vectors of 4, 8 and 16 numbers, all with the instructions that every machine has: GCC's vectors wider than
// the machine's are several registers, so that the code for wide ones is tested where there are none.
MatrixBody body_4();
MatrixBody body_8();
MatrixBody body_16();

}  // namespace heed::kernels::testing
