// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/kernels/activation.h"
#include "heed/kernels/block_attention.h"
#include "heed/kernels/cached_attention.h"
#include "heed/kernels/cross_entropy.h"
#include "heed/kernels/dropout.h"
#include "heed/kernels/edge_attention.h"
#include "heed/kernels/gemm.h"
#include "heed/kernels/int8_gemm.h"
#include "heed/kernels/layer_norm.h"
#include "heed/kernels/logistic_mixture.h"
#include "heed/kernels/logits.h"
#include "heed/kernels/lstm_cell.h"
#include "heed/kernels/non_local_means.h"
#include "heed/kernels/patch_search.h"
#include "heed/kernels/sru.h"
#include "heed/kernels/window_attention.h"

namespace heed::kernels {

/// The peak rates of the processor.
struct PeakKernel {
  float (*multiply_adds)(int64_t rounds, float factor) noexcept;  ///< factor below 1 keeps numbers normal
  int64_t operations;                                             ///< floating-point operations in a round
  /// The sum of the first whole blocks of some floats, as fast as a core reads memory.
  float (*read)(const float* from, int64_t count) noexcept;
};

/// The kernels, compiled for one instruction set.
struct CpuKernels {
  /// "amx_bf16", "avx512_bf16", "avx512_vnni", "avx512", "avx2", "portable"; "emulated_..."
  const char* name;
  const char* needs;        ///< what the CPU and the operating system must both have, in words
  int vector_floats;        ///< float32 numbers in a vector
  bool emulated;            ///< plain code in place of instructions, for tests: never chosen unless named
  BlockKernels block;       ///< dense and local attention
  WindowKernels window;     ///< k x k windows
  const EdgeKernels* edge;  ///< edges of graphs; compiled apart
  CachedKernels cached;     ///< single queries over what was kept of earlier steps
  GemmKernels gemm;         ///< matrix products of the linear layers
  Int8Kernels int8;         ///< the same with weights of 8 bits, in inference
  DropoutKernels dropout;
  LstmKernels lstm;                   ///< steps of recurrent layers
  SruKernels sru;                     ///< recurrences without matrix products
  CrossEntropyKernels cross_entropy;  ///< softmax and loss of output layers
  LogitsKernels logits;               ///< what searches read of them
  ActivationKernels activation;       ///< of inference
  LayerNormKernels layer_norm;        ///< of inference
  LogisticMixtureKernels logistic_mixture;
  NonLocalMeansKernels non_local_means;
  PatchSearchKernels patch_search;  ///< of textures
  PeakKernel peak;                  ///< what shares of the peak are measured against
};

}  // namespace heed::kernels
