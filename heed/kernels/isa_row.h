// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/block_attention.h"
#include "heed/kernels/gemm.h"
#include "heed/kernels/window_attention.h"

namespace heed::kernels {

/// The fused kernels as compiled for one instruction set.
struct CpuKernels {
  const char* name;      ///< "avx512", "avx2", "portable"
  const char* needs;     ///< what the CPU and the operating system must both have, in words
  int vector_floats;     ///< float32 numbers in a vector
  BlockKernels block;    ///< dense and local attention
  WindowKernels window;  ///< k x k windows
  GemmKernels gemm;      ///< matrix products of the linear layers
};

}  // namespace heed::kernels
