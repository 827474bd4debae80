// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/memory.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/repeat_interleave.h>

namespace heed::nn {

MemoryIndex MemoryIndex::of(const at::Tensor& lengths, int64_t rows) {
  const at::Tensor sentence = at::arange(lengths.size(0), at::kInt).repeat_interleave(rows);
  return {sentence.unsqueeze(0), lengths.to(at::kCPU, at::kInt).repeat_interleave(rows)};
}

void MemoryIndex::reorder(const at::Tensor& rows) {
  slot = slot.index_select(1, rows);
  length = length.index_select(0, rows);
}

}  // namespace heed::nn
