// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/row_index.h"

#include <algorithm>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

namespace heed::nn {

RowIndex::RowIndex(int64_t inputs, int64_t rows_per_input, int64_t capacity,
                   std::shared_ptr<const DecodingPlan> plan)
    : inputs_(inputs), rows_per_input_(rows_per_input), capacity_(capacity), plan_(std::move(plan)) {
  TORCH_CHECK(inputs >= 0 && rows_per_input >= 1 && capacity >= 0,
              "[row_index] inputs and capacity must not be negative, rows_per_input at least 1, got ",
              at::IntArrayRef{inputs, capacity, rows_per_input});
  for (int64_t i = 0; i < inputs; ++i) {
    const auto slot = static_cast<int32_t>(i * rows_per_input);
    rows_.push_back({static_cast<int32_t>(i), slot, 0});
    if (one_slot_each()) slot_.push_back(slot);
  }
  if (!one_slot_each()) slot_.resize(static_cast<size_t>(capacity * slots()));
}

int64_t RowIndex::longest() const {
  int32_t longest = 0;
  for (const Row& row : rows_) longest = std::max(longest, row.length);
  return longest;
}

void RowIndex::reorder(const at::Tensor& rows) {
  const at::Tensor order = rows.contiguous();
  const std::span<const int64_t> from(order.const_data_ptr<int64_t>(), static_cast<size_t>(order.numel()));
  std::vector<int32_t> used(static_cast<size_t>(inputs_), 0);
  std::vector<Row> moved;
  for (const int64_t i : from) {
    TORCH_CHECK(i >= 0 && i < this->rows(), "[row_index] there are ", this->rows(), " rows, got row ", i);
    Row row = rows_[static_cast<size_t>(i)];
    int32_t& rank = used[static_cast<size_t>(row.input)];
    TORCH_CHECK(rank < rows_per_input_, "[row_index] an input has at most ", rows_per_input_, " rows");
    row.slot = static_cast<int32_t>(row.input * rows_per_input_) + rank++;
    moved.push_back(row);
  }
  if (one_slot_each()) {
    slot_.clear();
    for (const Row& row : moved) slot_.push_back(row.slot);
  } else {
    std::vector<int32_t> before(static_cast<size_t>(this->rows()));
    for (int64_t t = 0, end = longest(); t < end; ++t) {
      int32_t* line = slot_.data() + t * slots();
      std::copy_n(line, before.size(), before.begin());
      for (size_t i = 0; i < moved.size(); ++i) line[i] = before[static_cast<size_t>(from[i])];
    }
  }
  rows_ = std::move(moved);
}

void RowIndex::add_query(size_t i) {
  Row& row = rows_[i];
  TORCH_CHECK(row.length < capacity_, "[row_index] the state holds ", capacity_,
              " tokens a row, the sequence needs more");
  kernels::CachedQuery query{.row = static_cast<int32_t>(i), .first = 0, .count = row.length + 1};
  if (plan_) plan_->look(row.length, query);
  if (!one_slot_each()) slot_[static_cast<size_t>(row.length * slots()) + i] = row.slot;
  queries_.push_back(query);
  positions_.push_back(row.length++);
  write_slots_.push_back(row.slot);
}

void RowIndex::advance(std::span<const int64_t> counts) {
  TORCH_CHECK(counts.empty() || counts.size() == rows_.size(), "[row_index] there are ", rows_.size(),
              " rows, got counts of ", counts.size());
  queries_.clear();
  positions_.clear();
  write_slots_.clear();
  first_queries_.assign(1, 0);
  for (size_t i = 0; i < rows_.size(); ++i) {
    const int64_t count = counts.empty() ? 1 : counts[i];
    TORCH_CHECK(count >= 1, "[row_index] each row consumes at least one token, got ", count);
    const bool sibling = i > 0 && rows_[i].input == rows_[i - 1].input;
    TORCH_CHECK(!sibling || counts.empty() || count == counts[i - 1],
                "[row_index] the rows of one input consume equal numbers of tokens");
    for (int64_t n = 0; n < count; ++n) add_query(i);
    first_queries_.push_back(std::ssize(queries_));
  }
}

void RowIndex::drop_last(std::span<const int64_t> counts) {
  TORCH_CHECK(counts.size() == rows_.size(), "[row_index] there are ", rows_.size(), " rows, got counts of ",
              counts.size());
  for (size_t i = 0; i < rows_.size(); ++i)
    TORCH_CHECK(counts[i] >= 0 && counts[i] <= rows_[i].length, "[row_index] row ", i, " has consumed ",
                rows_[i].length, " tokens and cannot drop ", counts[i]);
  for (size_t i = 0; i < rows_.size(); ++i) rows_[i].length -= static_cast<int32_t>(counts[i]);
}

StepQueries RowIndex::queries() const {
  StepQueries step;
  step.queries = queries_;
  step.slots = slot_;
  step.slot_position = one_slot_each() ? 0 : slots();
  if (plan_) step.coordinates = plan_->coordinates();
  return step;
}

at::Tensor RowIndex::last_queries() const {
  const int64_t rows =
      queries_.empty() ? 0 : queries_.back().row + 1;  // at the time: they may have changed since
  if (std::ssize(queries_) == rows) return {};
  const at::Tensor last = at::empty({rows}, at::kLong);
  auto* to = last.mutable_data_ptr<int64_t>();
  for (size_t i = 0; i < queries_.size(); ++i) to[queries_[i].row] = static_cast<int64_t>(i);
  return last;
}

at::Tensor RowIndex::position_tensor(at::Device device) const {
  const at::Tensor positions = at::empty({std::ssize(positions_)}, at::kLong);
  std::copy(positions_.begin(), positions_.end(), positions.mutable_data_ptr<int64_t>());
  return positions.to(device);
}

}  // namespace heed::nn
