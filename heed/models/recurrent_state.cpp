// SPDX-License-Identifier: Apache-2.0
#include "heed/models/recurrent_state.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/repeat_interleave.h>

namespace heed::models {

RecurrentState::RecurrentState(const nn::Memory& memory, const std::vector<nn::LstmCarry>& begin,
                               int64_t beams, int64_t capacity)
    : memory(memory.states),
      index(nn::MemoryIndex::of(memory.lengths, beams)),
      beams_(beams),
      capacity_(capacity) {
  for (const auto& carry : begin)
    carries.push_back({carry.output.repeat_interleave(beams, 0), carry.cell.repeat_interleave(beams, 0)});
}

void RecurrentState::reorder(const at::Tensor&, const at::Tensor& rows) {
  for (auto& carry : carries) carry = {carry.output.index_select(0, rows), carry.cell.index_select(0, rows)};
  index.reorder(rows);
}

void RecurrentState::advance() {
  TORCH_CHECK(consumed_ < capacity_, "[step] the state is for ", capacity_,
              " tokens, the sequence needs more");
  ++consumed_;
}

}  // namespace heed::models
