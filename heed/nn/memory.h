// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// What an encoder read: states [batch, source_length, width], of each sentence the first lengths [batch].
struct Memory {
  at::Tensor states, lengths;
};

/// Which sentence each row translates, and how long that is: slot [1, rows], length [rows], int32 on the CPU.
struct MemoryIndex {
  at::Tensor slot, length;

  /// `rows` rows for each sentence, side by side; lengths [sentences].
  static MemoryIndex of(const at::Tensor& lengths, int64_t rows = 1);
  /// Row i becomes old row rows[i].
  void reorder(const at::Tensor& rows);
  int64_t rows() const { return length.size(0); }
};

}  // namespace heed::nn
