// SPDX-License-Identifier: Apache-2.0
#include "heed/models/recurrent_state.h"

#include <utility>

#include <ATen/ops/index_select.h>

namespace heed::models {

RecurrentState::RecurrentState(const nn::Memory& memory, std::vector<nn::LstmCarry> begin, int64_t beams,
                               int64_t capacity)
    : carries(std::move(begin)),
      memory(memory.states),
      index(memory.states.size(0), beams, capacity),
      memory_index_(memory.lengths) {}

void RecurrentState::reorder(const at::Tensor& rows) {
  const at::Tensor order = rows.to(memory.device());
  for (auto& carry : carries)
    carry = {carry.output.index_select(0, order), carry.cell.index_select(0, order)};
  index.reorder(rows);
}

const nn::StepQueries& RecurrentState::advance() {
  index.advance();
  return memory_index_.look(index);
}

}  // namespace heed::models
