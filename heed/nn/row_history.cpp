// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/row_history.h"

#include <numeric>

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

namespace heed::nn {
namespace {

std::vector<int64_t> numbers_of(const at::Tensor& rows, int64_t all) {
  std::vector<int64_t> numbers(static_cast<size_t>(rows.defined() ? rows.numel() : all));
  if (!rows.defined()) {
    std::iota(numbers.begin(), numbers.end(), int64_t{0});
    return numbers;
  }
  const at::Tensor ordered = rows.contiguous();
  std::copy_n(ordered.const_data_ptr<int64_t>(), numbers.size(), numbers.begin());
  return numbers;
}

}  // namespace

RowHistory::RowHistory(int64_t tokens, const std::vector<at::Tensor>& values) : tokens_(tokens) {
  TORCH_CHECK(tokens >= 0 && !values.empty(), "[row_history] needs values and tokens >= 0, got ", tokens);
  const int64_t rows = values.front().size(0);
  consumed_.assign(static_cast<size_t>(rows), 0);
  for (const at::Tensor& value : values) {
    TORCH_CHECK(value.dim() == 2 && value.size(0) == rows, "[row_history] values must be [", rows,
                ", width], got ", value.sizes());
    at::Tensor store = at::empty({rows * (tokens + 1), value.size(1)}, value.options().requires_grad(false));
    store.index_copy_(0, places(numbers_of({}, rows)).to(store.device()), value.detach());
    store_.push_back(store);
  }
}

at::Tensor RowHistory::places(const std::vector<int64_t>& rows) const {
  std::vector<int64_t> places;
  for (const int64_t row : rows)
    places.push_back(row * (tokens_ + 1) + consumed_[static_cast<size_t>(row)] % (tokens_ + 1));
  return at::tensor(places, at::kLong);
}

void RowHistory::record(const at::Tensor& rows, const std::vector<at::Tensor>& values) {
  TORCH_CHECK(values.size() == store_.size(), "[row_history] expects ", store_.size(), " values, got ",
              values.size());
  const std::vector<int64_t> numbers = numbers_of(rows, std::ssize(consumed_));
  for (const int64_t row : numbers) ++consumed_[static_cast<size_t>(row)];
  const at::Tensor to = places(numbers).to(store_.front().device());
  for (size_t i = 0; i < values.size(); ++i)
    store_[i].index_copy_(0, to,
                          rows.defined() ? values[i].index_select(0, rows.to(to.device())) : values[i]);
}

void RowHistory::reorder(const at::Tensor& rows) {
  std::vector<int64_t> moved;
  for (const int64_t row : numbers_of(rows, 0)) moved.push_back(consumed_.at(static_cast<size_t>(row)));
  for (at::Tensor& store : store_) {
    const at::Tensor by_row = store.unflatten(0, {-1, tokens_ + 1});
    store = by_row.index_select(0, rows.to(store.device())).flatten(0, 1);
  }
  consumed_ = std::move(moved);
}

std::vector<at::Tensor> RowHistory::drop_last(at::IntArrayRef counts) {
  TORCH_CHECK(counts.size() == consumed_.size(), "[row_history] there are ", consumed_.size(),
              " rows, got counts of ", counts.size());
  for (size_t i = 0; i < counts.size(); ++i)
    TORCH_CHECK(counts[i] >= 0 && counts[i] <= std::min(tokens_, consumed_[i]), "[row_history] row ", i,
                " has consumed ", consumed_[i], " tokens and keeps the values of ", tokens_,
                "; it cannot drop ", counts[i]);
  for (size_t i = 0; i < counts.size(); ++i) consumed_[i] -= counts[i];
  std::vector<at::Tensor> values;
  const at::Tensor from = places(numbers_of({}, std::ssize(consumed_))).to(store_.front().device());
  for (const at::Tensor& store : store_) values.push_back(store.index_select(0, from));
  return values;
}

}  // namespace heed::nn
