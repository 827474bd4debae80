// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set, named by HEED_ISA; see CMakeLists.txt. Includes only our plain
// headers: an inline function of a larger header, compiled here, could be linked into code that runs
// everywhere.
#include "heed/kernels/activation_kernels.h"
#include "heed/kernels/block_kernels.h"
#include "heed/kernels/cached_kernels.h"
#include "heed/kernels/cross_entropy_kernels.h"
#include "heed/kernels/dropout_kernels.h"
#include "heed/kernels/edge_rows.h"
#include "heed/kernels/gemm_blocked.h"
#include "heed/kernels/int8_kernels.h"
#include "heed/kernels/isa_row.h"
#include "heed/kernels/layer_norm_kernels.h"
#include "heed/kernels/logistic_mixture_kernels.h"
#include "heed/kernels/logits_kernels.h"
#include "heed/kernels/lstm_kernels.h"
#include "heed/kernels/non_local_means_kernels.h"
#include "heed/kernels/patch_search_kernels.h"
#include "heed/kernels/peak.h"
#include "heed/kernels/sru_kernels.h"
#include "heed/kernels/window_kernels.h"

#define HEED_TEXT_(a) #a
#define HEED_TEXT(a) HEED_TEXT_(a)

namespace heed::kernels {

const CpuKernels& HEED_JOIN(HEED_ISA, _kernels)() {
  static constexpr CpuKernels kRow{HEED_TEXT(HEED_ISA),
                                   HEED_ISA_NEEDS,
                                   kLanes,
                                   kEmulated,
                                   block_kernels(),
                                   window_kernels(),
                                   &HEED_JOIN(HEED_ISA, _edge_kernels),
                                   cached_kernels(),
                                   gemm_kernels(),
                                   int8_kernels(),
                                   dropout_kernels(),
                                   lstm_kernels(),
                                   sru_kernels(),
                                   cross_entropy_kernels(),
                                   logits_kernels(),
                                   activation_kernels(),
                                   layer_norm_kernels(),
                                   logistic_mixture_kernels(),
                                   non_local_means_kernels(),
                                   patch_search_kernels(),
                                   peak_kernel()};
  return kRow;
}

}  // namespace heed::kernels
