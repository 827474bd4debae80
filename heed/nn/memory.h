// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// What an encoder read: states [batch, source_length, width], of each sentence the first lengths [batch].
struct Memory {
  at::Tensor states, lengths;
};

}  // namespace heed::nn
