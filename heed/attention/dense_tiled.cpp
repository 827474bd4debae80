// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/dense_tiled.h"

#include <limits>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/attention/tile_pass.h"

namespace heed::attention {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Softmax of each row in place. libtorch's kernels write contiguous outputs only; scores of several heads
/// are not contiguous.
void softmax_in_place(at::Tensor& scores) {
  if (scores.is_contiguous()) {
    at::_softmax_out(scores, scores, -1, false);
  } else {
    scores.copy_(at::_softmax(scores, -1, false));
  }
}

/// Gradients of weights to gradients of scores, in place.
void softmax_backward_in_place(at::Tensor& grads, const at::Tensor& weights) {
  if (grads.is_contiguous()) {
    at::_softmax_backward_data_out(grads, grads, weights, -1, weights.scalar_type());
  } else {
    grads.copy_(at::_softmax_backward_data(grads, weights, -1, weights.scalar_type()));
  }
}

/// Scores to weights in place. The largest score minus the log of its weight is the logsumexp.
void softmax_rows(at::Tensor& scores, at::Tensor& logsumexp) {
  at::amax_out(logsumexp, scores, -1);
  softmax_in_place(scores);
  logsumexp.sub_(scores.amax(-1).log_());
}

/// Sets the weights of rows without keys, NaN after softmax, to zero.
void clear_rows(at::Tensor& weights, const at::Tensor& empty) {
  weights.masked_fill_(empty.unsqueeze(-1), 0);
}

// Forward.

void forward_tile(const TiledProblem& p, const TiledUnit& unit, const Tile& tile, TileMemory& memory,
                  at::Tensor output, at::Tensor logsumexp) {
  if (tile.keys == 0) {
    output.zero_();
    logsumexp.fill_(-kInfinity);
    return;
  }
  memory.open(tile);
  tile_scores(p, unit, tile, memory);
  softmax_rows(memory.by_key, logsumexp);
  if (p.plan.may_have_empty_rows) {
    const auto empty = logsumexp.isnan();
    clear_rows(memory.by_key, empty);
    logsumexp.masked_fill_(empty, -kInfinity);
  }
  const auto factors = tile_dropout(p, unit, tile);
  if (factors.defined()) memory.keys.mul_(factors);
  multiply(output, memory.keys, unit.value.narrow(-2, tile.key, tile.keys));
  if (unit.value_table.defined()) {
    memory.zero_margins();
    multiply_add(output, memory.by_distance, distances_of(p, unit.value_table, tile, -2));
  }
}

void forward_unit(const TiledProblem& p, int64_t b, int64_t head, TileMemory& memory, const Result& result) {
  const TiledUnit unit(p, b, head);
  const auto final_output = p.of(result.output, b, head), logsumexp = p.of(result.logsumexp, b, head);
  const bool direct = final_output.scalar_type() == p.type;
  const auto output = direct ? final_output : at::empty_like(unit.query);
  for (const Tile& tile : p.plan.tiles[b]) {
    forward_tile(p, unit, tile, memory, output.narrow(-2, tile.row, tile.rows),
                 logsumexp.narrow(-1, tile.row, tile.rows));
  }
  if (!direct) final_output.copy_(output);
}

// Backward.

/// The memory of one thread.
struct BackwardMemory {
  BackwardMemory(const TiledProblem& p, const at::TensorOptions& options)
      : weights(p.plan, p.heads_in_tile(), options), grads(p.plan, p.heads_in_tile(), options) {}
  TileMemory weights, grads;
};

/// Gradients of a unit. Gradients of keys are transposed, [head_dim, keys]: a matrix product is slow at
/// adding to rows of keys, and fast at adding to columns.
struct UnitGrads {
  at::Tensor query;                   ///< [queries, head_dim], before scaling
  at::Tensor key, value;              ///< [head_dim, keys]
  at::Tensor key_table, value_table;  ///< [head_dim, distances] of the lane, or undefined
};

/// memory.grads becomes the gradient of the tile's weights.
void weight_grads(const TiledProblem& p, const TiledUnit& unit, const Tile& tile,
                  const at::Tensor& output_grad, TileMemory& grads) {
  const auto value = unit.value.narrow(-2, tile.key, tile.keys).mT();
  if (!unit.value_table.defined()) {
    multiply(grads.keys, output_grad, value);
    if (grads.unused.defined()) grads.unused.zero_();
    return;
  }
  grads.all.zero_();
  multiply(grads.by_distance, output_grad, distances_of(p, unit.value_table, tile, -2).mT());
  multiply_add(grads.keys, output_grad, value);
}

void add_value_grads(const TiledProblem& p, const Tile& tile, const at::Tensor& output_grad,
                     TileMemory& weights, UnitGrads& grads) {
  auto value = grads.value.narrow(-1, tile.key, tile.keys);
  multiply_add(value, output_grad.mT(), weights.keys);
  if (!grads.value_table.defined()) return;
  weights.zero_margins();
  auto table = distances_of(p, grads.value_table, tile, -1);
  multiply_add(table, output_grad.mT(), weights.by_distance);
}

void add_score_grads(const TiledProblem& p, const TiledUnit& unit, const Tile& tile, TileMemory& score_grads,
                     UnitGrads& grads) {
  const auto query = unit.query.narrow(-2, tile.row, tile.rows).mT();
  auto query_grad = grads.query.narrow(-2, tile.row, tile.rows);
  multiply(query_grad, score_grads.keys, unit.key.narrow(-2, tile.key, tile.keys));
  auto key = grads.key.narrow(-1, tile.key, tile.keys);
  multiply_add(key, query, score_grads.keys);
  if (!grads.key_table.defined()) return;
  score_grads.zero_margins();
  multiply_add(query_grad, score_grads.by_distance, distances_of(p, unit.key_table, tile, -2));
  auto table = distances_of(p, grads.key_table, tile, -1);
  multiply_add(table, query, score_grads.by_distance);
}

void backward_tile(const TiledProblem& p, const TiledUnit& unit, const Tile& tile,
                   const at::Tensor& output_grad, const at::Tensor& logsumexp, BackwardMemory& memory,
                   UnitGrads& grads) {
  if (tile.keys == 0) {
    grads.query.narrow(-2, tile.row, tile.rows).zero_();
    return;
  }
  memory.weights.open(tile);
  memory.grads.open(tile);
  tile_scores(p, unit, tile, memory.weights);
  auto& weights = memory.weights.by_key;
  softmax_in_place(weights);
  if (p.plan.may_have_empty_rows) clear_rows(weights, logsumexp.eq(-kInfinity));
  weight_grads(p, unit, tile, output_grad, memory.grads);
  const auto factors = tile_dropout(p, unit, tile);
  const auto kept = factors.defined() ? weights.clone() : weights;
  if (factors.defined()) memory.weights.keys.mul_(factors);
  add_value_grads(p, tile, output_grad, memory.weights, grads);
  if (factors.defined()) memory.grads.keys.mul_(factors);
  softmax_backward_in_place(memory.grads.by_key, kept);
  add_score_grads(p, unit, tile, memory.grads, grads);
}

/// What a backward pass writes; key_table and value_table are [lanes, (heads,) head_dim, distances].
struct BackwardTarget {
  DenseGradients grads;
  at::Tensor key_table, value_table;
};

at::Tensor lane_table(const at::Tensor& tables, int64_t lane) {
  return tables.defined() ? tables.select(0, lane) : tables;
}

void backward_unit(const TiledProblem& p, int64_t b, int64_t head, int64_t lane,
                   const at::Tensor& all_output_grad, const at::Tensor& logsumexp, BackwardMemory& memory,
                   const BackwardTarget& target) {
  const TiledUnit unit(p, b, head);
  const auto output_grad = p.of(all_output_grad, b, head).to(p.type).contiguous();
  const auto unit_logsumexp = p.of(logsumexp, b, head);
  UnitGrads grads{.query = at::empty_like(unit.query),
                  .key = at::zeros_like(unit.key.mT(), at::MemoryFormat::Contiguous),
                  .value = at::zeros_like(unit.value.mT(), at::MemoryFormat::Contiguous),
                  .key_table = lane_table(target.key_table, lane),
                  .value_table = lane_table(target.value_table, lane)};
  for (const Tile& tile : p.plan.tiles[b]) {
    backward_tile(p, unit, tile, output_grad.narrow(-2, tile.row, tile.rows),
                  unit_logsumexp.narrow(-1, tile.row, tile.rows), memory, grads);
  }
  p.of(target.grads.query, b, head).copy_(grads.query.mul_(p.inputs.scale));
  p.of(target.grads.key, b, head).copy_(grads.key.mT());
  p.of(target.grads.value, b, head).copy_(grads.value.mT());
}

/// [lanes, (heads,) head_dim, distances], zero.
at::Tensor lane_tables(const TiledProblem& p, const Lanes& lanes, bool present) {
  if (!present) return {};
  const auto& query = p.inputs.query;
  at::DimVector sizes{lanes.count(), query.size(3), p.plan.range.count()};
  if (p.options.heads_together) sizes.insert(sizes.begin() + 1, query.size(1));
  return at::zeros(sizes, query.options().dtype(p.type));
}

/// Sums the lanes' gradients over chunks of the batch, and over heads if they share the table.
at::Tensor table_grad(const TiledProblem& p, const Lanes& lanes, const at::Tensor& by_lane,
                      const std::optional<at::Tensor>& table) {
  if (!table) return {};
  const auto& query = p.inputs.query;
  auto by_head = by_lane.view({lanes.chunks, query.size(1), query.size(3), p.plan.range.count()}).sum(0);
  if (table->size(0) == 1) by_head = by_head.sum(0, true);
  const auto grad = collect_distances(by_head.transpose(1, 2), table->size(1), p.plan.range, p.inputs.causal,
                                      p.inputs.clip);
  return grad.to(table->scalar_type());
}

}  // namespace

TiledOptions tiled_options(at::Device device) {
  TiledOptions options;
  options.heads_together = !device.is_cpu();
  return options;
}

Result dense_tiled_forward(const DenseInputs& in, const TiledOptions& options) {
  at::AutoDispatchBelowADInplaceOrView below_autograd;
  const TiledProblem p(in, options);
  const Result result{.output = at::empty_like(in.query),
                      .logsumexp = at::empty(in.query.sizes().slice(0, 3), in.query.options().dtype(p.type))};
  const Lanes lanes = p.lanes(in.query.size(0));
  for_lanes(lanes, in.query.device(), [&](int64_t first, int64_t last) {
    TileMemory memory(p.plan, p.heads_in_tile(), in.query.options().dtype(p.type));
    for (int64_t lane = first; lane < last; ++lane) {
      for (int64_t b = lanes.begin(lane); b < lanes.end(lane); ++b) {
        forward_unit(p, b, lanes.head(lane), memory, result);
      }
    }
  });
  return result;
}

DenseGradients dense_tiled_backward(const at::Tensor& output_grad, const DenseInputs& in,
                                    const at::Tensor& logsumexp, const TiledOptions& options) {
  at::AutoDispatchBelowADInplaceOrView below_autograd;
  const TiledProblem p(in, options);
  // Each lane adds to its own tables, so that sums do not depend on the order of threads.
  const int64_t heads = std::max<int64_t>(in.query.size(1), 1);
  const Lanes lanes = p.lanes((2 * at::get_num_threads() + heads - 1) / heads);
  BackwardTarget target{.grads = {.query = at::empty_like(in.query),
                                  .key = at::empty_like(in.key),
                                  .value = at::empty_like(in.value)},
                        .key_table = lane_tables(p, lanes, in.relation_key.has_value()),
                        .value_table = lane_tables(p, lanes, in.relation_value.has_value())};
  for_lanes(lanes, in.query.device(), [&](int64_t first, int64_t last) {
    BackwardMemory memory(p, in.query.options().dtype(p.type));
    for (int64_t lane = first; lane < last; ++lane) {
      for (int64_t b = lanes.begin(lane); b < lanes.end(lane); ++b) {
        backward_unit(p, b, lanes.head(lane), lane, output_grad, logsumexp, memory, target);
      }
    }
  });
  target.grads.relation_key = table_grad(p, lanes, target.key_table, in.relation_key);
  target.grads.relation_value = table_grad(p, lanes, target.value_table, in.relation_value);
  return target.grads;
}

}  // namespace heed::attention
