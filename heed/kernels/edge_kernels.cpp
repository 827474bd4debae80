// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set, named by HEED_ISA, as cpu_kernels.cpp is.
#include "heed/kernels/edge_kernels.h"

#include "heed/kernels/edge_rows.h"

namespace heed::kernels {

constinit const EdgeKernels HEED_JOIN(HEED_ISA, _edge_kernels) = edge_kernels();

}  // namespace heed::kernels
