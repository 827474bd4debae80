// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/distance_table.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>

namespace heed::attention {
namespace {

/// How many distances of a range are before the table, inside it (from row `first`) and after it.
struct Overlap {
  int64_t before, first, inside, after;
};

Overlap overlap(int64_t rows, const DistanceRange& range, bool causal) {
  const int64_t low = zero_row(rows, causal) + range.lowest, high = zero_row(rows, causal) + range.highest;
  Overlap o;
  o.before = std::clamp<int64_t>(-low, 0, range.count());
  o.after = std::clamp<int64_t>(high - rows + 1, 0, range.count());
  o.first = std::clamp<int64_t>(low, 0, rows);
  o.inside = range.count() - o.before - o.after;
  return o;
}

at::Tensor beyond_rows(const at::Tensor& table, int64_t row, int64_t count, bool clip) {
  const auto end_row = table.narrow(1, row, 1).expand({table.size(0), count, table.size(2)});
  return clip ? end_row : at::zeros_like(end_row);
}

}  // namespace

Relation distance_relation(const std::optional<at::Tensor>& key, const std::optional<at::Tensor>& value,
                           bool clip) {
  if (!key && !value) return NoRelation{};
  return Distance{
      .key = key.value_or(at::Tensor()), .value = value, .beyond = clip ? Beyond::kClip : Beyond::kNothing};
}

int64_t zero_row(int64_t rows, bool causal) {
  return causal ? rows - 1 : (rows - 1) / 2;
}

at::Tensor lay_out_distances(const at::Tensor& table, const DistanceRange& range, bool causal, bool clip) {
  const int64_t rows = table.size(1);
  const Overlap o = overlap(rows, range, causal);
  if (o.before == 0 && o.after == 0) return table.narrow(1, o.first, o.inside);
  std::vector<at::Tensor> parts;
  if (o.before > 0) parts.push_back(beyond_rows(table, 0, o.before, clip));
  if (o.inside > 0) parts.push_back(table.narrow(1, o.first, o.inside));
  if (o.after > 0) parts.push_back(beyond_rows(table, rows - 1, o.after, clip));
  return at::cat(parts, 1);
}

at::Tensor collect_distances(const at::Tensor& laid_out_grad, int64_t rows, const DistanceRange& range,
                             bool causal, bool clip) {
  const Overlap o = overlap(rows, range, causal);
  auto grad = at::zeros({laid_out_grad.size(0), rows, laid_out_grad.size(2)}, laid_out_grad.options());
  if (o.inside > 0) grad.narrow(1, o.first, o.inside).copy_(laid_out_grad.narrow(1, o.before, o.inside));
  if (!clip) return grad;
  if (o.before > 0) grad.select(1, 0).add_(laid_out_grad.narrow(1, 0, o.before).sum(1));
  if (o.after > 0) {
    grad.select(1, rows - 1).add_(laid_out_grad.narrow(1, o.before + o.inside, o.after).sum(1));
  }
  return grad;
}

}  // namespace heed::attention
