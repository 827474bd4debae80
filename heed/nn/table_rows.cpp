// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/table_rows.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

namespace heed::nn {
namespace {

bool is_plain(const TableRows& rows) {
  return rows.table.is_cpu() && rows.table.scalar_type() == at::kFloat && rows.table.stride(1) == 1;
}

at::Tensor in_operations(int64_t n, const TableRows& rows) {
  const at::Tensor taken = rows.index.defined() ? rows.table.index_select(0, rows.index)
                                                : rows.table.expand({n, rows.table.size(1)});
  return rows.scale == 1 ? taken : taken * rows.scale;
}

void check(int64_t n, const TableRows& rows, int64_t width) {
  TORCH_CHECK(rows.table.dim() == 2 && rows.table.size(1) == width, "[sum_table_rows] tables must be [rows, ",
              width, "], got ", rows.table.sizes());
  TORCH_CHECK(rows.index.defined()
                  ? rows.index.scalar_type() == at::kLong && rows.index.dim() == 1 && rows.index.size(0) == n
                  : rows.table.size(0) == n || rows.table.size(0) == 1,
              "[sum_table_rows] needs an int64 index [", n, "], or a table of that many rows or of one");
}

/// Adds n rows to `to`, or overwrites it if `first`.
void add(int64_t n, const TableRows& rows, bool first, float* to) {
  const int64_t width = rows.table.size(1), count = rows.table.size(0), stride = rows.table.stride(0);
  const at::Tensor index = rows.index.defined() ? rows.index.contiguous() : rows.index;
  const auto* from = rows.table.const_data_ptr<float>();
  const auto scale = static_cast<float>(rows.scale);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t row = index.defined() ? index.const_data_ptr<int64_t>()[i] : count == 1 ? 0 : i;
    TORCH_CHECK(row >= 0 && row < count, "[sum_table_rows] index ", row, " is outside a table of ", count,
                " rows");
    const float* line = from + row * stride;
    float* sum = to + i * width;
    if (first) {
      for (int64_t j = 0; j < width; ++j) sum[j] = scale * line[j];
    } else {
      for (int64_t j = 0; j < width; ++j) sum[j] += scale * line[j];
    }
  }
}

}  // namespace

at::Tensor sum_table_rows(int64_t n, std::initializer_list<TableRows> addends) {
  const TableRows& one = *addends.begin();
  bool plain = !at::GradMode::is_enabled();
  for (const TableRows& rows : addends) {
    if (!rows.table.defined()) continue;
    check(n, rows, one.table.size(1));
    plain = plain && is_plain(rows);
  }
  at::Tensor sum;
  if (plain) {
    sum = at::empty({n, one.table.size(1)}, one.table.options().requires_grad(false));
    bool first = true;
    for (const TableRows& rows : addends) {
      if (!rows.table.defined()) continue;
      add(n, rows, first, sum.mutable_data_ptr<float>());
      first = false;
    }
    return sum;
  }
  for (const TableRows& rows : addends) {
    if (!rows.table.defined()) continue;
    const at::Tensor taken = in_operations(n, rows);
    sum = sum.defined() ? sum + taken : taken;
  }
  return sum;
}

}  // namespace heed::nn
