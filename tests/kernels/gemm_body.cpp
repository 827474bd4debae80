// SPDX-License-Identifier: Apache-2.0
// gemm_blocked.h as compiled for one vector width; the test compiles this for each.
#include "gemm_body.h"

#include "heed/kernels/gemm_blocked.h"

namespace heed::kernels::testing {

GemmKernels HEED_BODY() {
  return gemm_kernels();
}

}  // namespace heed::kernels::testing
