// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/tile_pass.h"

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>

#include "heed/attention/checks.h"
#include "heed/attention/dropout.h"

namespace heed::attention {
namespace {

constexpr double kMasked = -std::numeric_limits<double>::infinity();

}  // namespace

void for_lanes(const Lanes& lanes, at::Device device, const std::function<void(int64_t, int64_t)>& work) {
  at::AutoDispatchBelowADInplaceOrView below_autograd;
  if (!device.is_cpu()) return work(0, lanes.count());
  const at::ThreadLocalState state;
  at::parallel_for(0, lanes.count(), 1, [&](int64_t first, int64_t last) {
    const at::ThreadLocalStateGuard guard(state);
    work(first, last);
  });
}

TiledProblem::TiledProblem(const DenseInputs& in, const TiledOptions& opt)
    : inputs(in),
      options(opt),
      plan(plan_tiles(in, opt.tile_elements)),
      type(accumulation_type(in.query.scalar_type())) {
  const auto lay_out = [&](const at::Tensor& table) {
    return lay_out_distances(table.to(type), plan.range, in.causal, in.clip).contiguous();
  };
  if (in.relation_key) key_table = lay_out(*in.relation_key);
  if (in.relation_value) value_table = lay_out(*in.relation_value);
  later = at::ones({plan.most_rows, plan.most_rows}, in.query.options().dtype(at::kBool)).triu();
}

Lanes TiledProblem::lanes(int64_t chunks) const {
  const int64_t batch = inputs.query.size(0), heads = options.heads_together ? 1 : inputs.query.size(1);
  return {
      .heads = heads, .chunks = std::clamp<int64_t>(chunks, 1, std::max<int64_t>(batch, 1)), .batch = batch};
}

at::Tensor TiledProblem::of(const at::Tensor& tensor, int64_t b, int64_t head) const {
  const auto element = tensor.select(0, b);
  return options.heads_together ? element : element.select(0, head);
}

at::Tensor TiledProblem::table_of(const at::Tensor& table, int64_t head) const {
  if (!table.defined()) return table;
  if (!options.heads_together) return table.select(0, table.size(0) == 1 ? 0 : head);
  return table.expand({inputs.query.size(1), -1, -1});
}

TiledUnit::TiledUnit(const TiledProblem& p, int64_t b, int64_t first_head)
    : head(b * p.inputs.query.size(1) + first_head),
      query(p.of(p.inputs.query, b, first_head).to(p.type).mul(p.inputs.scale).contiguous()),
      key(p.of(p.inputs.key, b, first_head).to(p.type).contiguous()),
      value(p.of(p.inputs.value, b, first_head).to(p.type).contiguous()),
      key_table(p.table_of(p.key_table, first_head)),
      value_table(p.table_of(p.value_table, first_head)) {
  if (p.inputs.extents.segments) segments = p.inputs.extents.segments->select(0, b);
}

at::Tensor tile_dropout(const TiledProblem& p, const TiledUnit& unit, const Tile& tile) {
  if (p.inputs.dropout.p == 0) return {};
  const auto integers = p.inputs.query.options().dtype(at::kLong);
  const int64_t heads = std::max<int64_t>(p.heads_in_tile(), 1);
  const auto factors = head_dropout_factors(
      p.inputs.dropout, unit.head, heads, at::arange(tile.row, tile.row + tile.rows, integers),
      at::arange(tile.key, tile.key + tile.keys, integers), p.inputs.query.options().dtype(p.type));
  return p.heads_in_tile() > 0 ? factors : factors[0];
}

at::Tensor distances_of(const TiledProblem& p, const at::Tensor& table, const Tile& tile, int64_t dim) {
  return table.narrow(dim, tile.lowest - p.plan.range.lowest, tile.distances);
}

void tile_scores(const TiledProblem& p, const TiledUnit& unit, const Tile& tile, TileMemory& memory) {
  const auto query = unit.query.narrow(-2, tile.row, tile.rows);
  const auto key = unit.key.narrow(-2, tile.key, tile.keys).mT();
  if (unit.key_table.defined()) {
    multiply(memory.by_distance, query, distances_of(p, unit.key_table, tile, -2).mT());
    multiply_add(memory.keys, query, key);
  } else {
    multiply(memory.keys, query, key);
  }
  if (memory.unused.defined()) memory.unused.fill_(kMasked);
  const int64_t masked = tile.keys - tile.first_masked;
  if (masked > 0) {
    const auto later = p.later.narrow(0, 0, tile.rows).narrow(1, 0, masked);
    memory.keys.narrow(-1, tile.first_masked, masked).masked_fill_(later, kMasked);
  }
  if (tile.mixed_segments) {
    const auto rows = unit.segments.narrow(0, tile.row, tile.rows).unsqueeze(1);
    const auto keys = unit.segments.narrow(0, tile.key, tile.keys);
    memory.keys.masked_fill_(rows.ne(keys), kMasked);
  }
}

}  // namespace heed::attention
