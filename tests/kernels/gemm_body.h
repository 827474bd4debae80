// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/gemm.h"

namespace heed::kernels::testing {

// The matrix products for vectors of 4, 8 and 16 numbers, with the instructions that every machine has (see
// matrix_body.h).
GemmKernels gemm_4();
GemmKernels gemm_8();
GemmKernels gemm_16();

}  // namespace heed::kernels::testing
