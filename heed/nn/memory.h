// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// An encoder's output: states [batch, source_length, width], of which the first lengths [batch] are valid.
struct Memory {
  at::Tensor states, lengths;
};

}  // namespace heed::nn
