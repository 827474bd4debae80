// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/block_backward.h"
#include "heed/kernels/block_forward.h"

namespace heed::kernels {
namespace {

constexpr BlockKernels block_kernels() {
  return {block_forward, block_backward};
}

}  // namespace
}  // namespace heed::kernels
