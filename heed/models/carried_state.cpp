// SPDX-License-Identifier: Apache-2.0
#include "heed/models/carried_state.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/index_copy.h>
#include <ATen/ops/index_select.h>

namespace heed::models {

void CarriedState::reorder(const at::Tensor& rows) {
  index.reorder(rows);
  for (Carry& carry : carries) {
    for (at::Tensor& tensor : carry) tensor = tensor.index_select(0, rows.to(tensor.device()));
  }
  for (nn::RowHistory& history : histories_) history.reorder(rows);
}

void CarriedState::allow_drops(int64_t tokens) {
  TORCH_CHECK(index.longest() == 0, "[carried_state] allow_drops must come before the first step");
  histories_.clear();
  for (const Carry& carry : carries) histories_.emplace_back(tokens, carry);
}

void CarriedState::drop_last(at::IntArrayRef counts) {
  TORCH_CHECK(!histories_.empty(), "[carried_state] call allow_drops before tokens are dropped");
  for (size_t i = 0; i < carries.size(); ++i) carries[i] = histories_[i].drop_last(counts);
  index.drop_last(counts);
}

void CarriedState::advance(const nn::StepTokens& step) {
  columns_ = nn::token_columns(step, rows());
  index.advance(step.counts);
}

at::Tensor CarriedState::run_column(size_t layer, const at::Tensor& input, const at::Tensor& rows,
                                    const Step& step) {
  Carry& all = carries[layer];
  at::Tensor output;
  if (rows.defined()) {
    const at::Tensor places = rows.to(input.device());
    Carry some;
    for (const at::Tensor& tensor : all) some.push_back(tensor.index_select(0, places));
    output = step(input, some);
    for (size_t i = 0; i < all.size(); ++i) all[i] = all[i].index_copy(0, places, some[i]);
  } else {
    output = step(input, all);
  }
  if (!histories_.empty()) histories_[layer].record(rows, all);
  return output;
}

at::Tensor CarriedState::run(size_t layer, const at::Tensor& input, const Step& step) {
  at::Tensor output;
  for (const auto& [rows, tokens, queries] : columns_) {
    if (!queries.defined()) return run_column(layer, input, rows, step);
    const at::Tensor places = queries.to(input.device());
    const at::Tensor result = run_column(layer, input.index_select(0, places), rows, step);
    if (!output.defined()) output = at::empty({input.size(0), result.size(1)}, result.options());
    output.index_copy_(0, places, result);
  }
  return output;
}

at::Tensor CarriedState::run(size_t layer, const at::Tensor& input, nn::LstmLayerImpl& lstm) {
  return run(layer, lstm.gates(input), [&](const at::Tensor& gates, Carry& carry) {
    const nn::LstmCarry next = lstm.step_from(gates, {carry[0], carry[1]});
    carry = {next.output, next.cell};
    return next.output;
  });
}

}  // namespace heed::models
