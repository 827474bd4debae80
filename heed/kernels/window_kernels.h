// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/window_backward.h"
#include "heed/kernels/window_forward.h"

namespace heed::kernels {
namespace {

constexpr WindowKernels window_kernels() {
  return {window_forward_scratch, window_backward_scratch, window_forward, window_backward};
}

}  // namespace
}  // namespace heed::kernels
