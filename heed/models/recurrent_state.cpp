// SPDX-License-Identifier: Apache-2.0
#include "heed/models/recurrent_state.h"

#include <utility>

#include <ATen/ops/index_select.h>

namespace heed::models {

RecurrentState::RecurrentState(const nn::Memory& memory, std::vector<nn::LstmCarry> begin, int64_t capacity)
    : carries(std::move(begin)),
      memory(memory.states),
      index(nn::MemoryIndex::of(memory.lengths)),
      capacity_(capacity) {}

void RecurrentState::reorder(const at::Tensor& rows) {
  for (auto& carry : carries) carry = {carry.output.index_select(0, rows), carry.cell.index_select(0, rows)};
  index.reorder(rows);
}

void RecurrentState::advance() {
  TORCH_CHECK(consumed_ < capacity_, "[step] the state is for ", capacity_,
              " tokens, the sequence needs more");
  ++consumed_;
}

}  // namespace heed::models
