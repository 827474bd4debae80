// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/edge_attention.h"

/// For files compiled once for each instruction set, named by HEED_ISA.
#define HEED_JOIN_(a, b) a##b
#define HEED_JOIN(a, b) HEED_JOIN_(a, b)

namespace heed::kernels {

/// The kernels of edge_kernels.cpp, which is compiled apart: it is as long as a third of the others. A constant: machines that lack
/// the instruction set read it, too.
extern const EdgeKernels HEED_JOIN(HEED_ISA, _edge_kernels);

}  // namespace heed::kernels
