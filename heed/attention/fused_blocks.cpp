// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/fused_blocks.h"

#include <algorithm>
#include <atomic>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/attention/dropout.h"
#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/isa.h"

namespace heed::attention {
namespace {

constexpr int64_t kTile = kernels::kTile;
/// Pieces of work that a problem is split into, if its shape allows. Depends only on the shape, so that sums,
/// and with them the last bits of gradients, do not depend on the number of threads.
constexpr int64_t kPieces = 32;
constexpr int64_t kFewestQueries = 512;  ///< in a piece of a block: each piece packs the keys again

/// Rows of contiguous numbers, as the kernels need them.
at::Tensor unit_stride(const at::Tensor& tensor) {
  return tensor.stride(-1) == 1 || tensor.size(-1) == 1 ? tensor : tensor.contiguous();
}

kernels::Rows rows_of(const at::Tensor& tensor, int64_t batch, int64_t head) {
  auto* data = static_cast<char*>(tensor.data_ptr());
  data += (batch * tensor.stride(0) + head * tensor.stride(1)) * tensor.element_size();
  return {data, tensor.stride(2)};
}

kernels::Rows table_rows(const std::optional<at::Tensor>& table, int64_t head) {
  if (!table) return {};
  auto* data = static_cast<char*>(table->data_ptr());
  if (table->size(0) > 1) data += head * table->stride(0) * table->element_size();
  return {data, table->stride(1)};
}

/// Inputs as the kernels take them.
struct Prepared {
  BlockInputs in;
  const BlockPlan& plan;
  kernels::BlockProblem problem;
  int64_t longest = 0;  ///< keys of the longest block

  Prepared(const BlockInputs& given, const BlockPlan& with) : in(given), plan(with) {
    for (auto* tensor : {&in.query, &in.key, &in.value}) *tensor = unit_stride(*tensor);
    for (auto* table : {&in.relation_key, &in.relation_value}) {
      if (*table) *table = unit_stride(**table);
    }
    problem.head_dim = static_cast<int32_t>(in.query.size(3));
    problem.element =
        in.query.scalar_type() == at::kFloat ? kernels::Element::kFloat : kernels::Element::kBfloat16;
    problem.scale = static_cast<float>(in.scale);
    problem.relation_key = in.relation_key.has_value();
    problem.relation_value = in.relation_value.has_value();
    problem.distances.lowest = plan.distances.lowest;
    problem.distances.count = static_cast<int32_t>(plan.distances.table_row.size());
    problem.distances.table_row = plan.distances.table_row.data();
    for (const auto& block : plan.blocks) longest = std::max<int64_t>(longest, block.key_row.size());
  }

  int64_t batch() const { return in.query.size(0); }
  int64_t heads() const { return in.query.size(1); }
  const BlockArrays& block(int64_t b, int64_t n) const {
    return plan.blocks[(plan.share_blocks ? 0 : b * plan.blocks_per_batch) + n];
  }

  kernels::BlockHead head(int64_t b, int64_t h, const at::Tensor& output, const at::Tensor& logsumexp) const {
    kernels::BlockHead head;
    head.query = rows_of(in.query, b, h);
    head.key = rows_of(in.key, b, h);
    head.value = rows_of(in.value, b, h);
    head.output = rows_of(output, b, h);
    head.relation_key = table_rows(in.relation_key, h);
    head.relation_value = table_rows(in.relation_value, h);
    head.logsumexp = static_cast<float*>(logsumexp.data_ptr()) + (b * heads() + h) * in.query.size(2);
    if (in.dropout.p > 0) {
      head.dropout.threshold = kernels::dropout_threshold(in.dropout.p);
      head.dropout.scale = static_cast<float>(1 / (1 - in.dropout.p));
      head.dropout.seed = kernels::dropout_head_seed(dropout_seed(in.dropout), b * heads() + h);
    }
    return head;
  }
};

/// Runs work(piece, scratch) for every piece; a thread that has finished takes the next one.
template <typename Work>
void for_each_piece(int64_t pieces, int64_t scratch_floats, const Work& work) {
  std::atomic<int64_t> next{0};
  const int64_t threads = std::min<int64_t>(pieces, at::get_num_threads());
  const auto options = at::TensorOptions().dtype(at::kFloat);
  at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
    for (; begin < end; ++begin) {
      const auto memory = at::empty({scratch_floats}, options);  // libtorch aligns it to 64 bytes
      auto* scratch = memory.mutable_data_ptr<float>();
      for (int64_t piece = next++; piece < pieces; piece = next++) work(piece, scratch);
    }
  });
}

/// The query range, of whole tiles, that piece n of `cuts` takes.
std::pair<int32_t, int32_t> cut(int64_t queries, int64_t n, int64_t cuts) {
  const int64_t tiles = (queries + kTile - 1) / kTile;
  const auto at_tile = [&](int64_t i) {
    return static_cast<int32_t>(std::min(queries, tiles * i / cuts * kTile));
  };
  return {at_tile(n), at_tile(n + 1)};
}

/// How a problem is split: into groups of batch elements, heads, and ranges of queries (or of blocks).
struct Pieces {
  int64_t groups, heads, cuts;
  int64_t count() const { return groups * heads * cuts; }
};

Pieces cut_problem(const Prepared& p) {
  Pieces pieces{1, p.heads(), 1};
  if (p.in.query.size(0) * p.heads() == 0) return pieces;
  const int64_t wanted = (kPieces + p.heads() - 1) / p.heads();
  pieces.groups = std::min(p.batch(), wanted);
  const int64_t units = p.plan.divisible ? p.in.query.size(2) / kFewestQueries : p.plan.blocks_per_batch;
  pieces.cuts = std::clamp<int64_t>(wanted / pieces.groups, 1, std::max<int64_t>(units, 1));
  return pieces;
}

/// Calls work(batch, block, first query, end) for everything in a piece.
template <typename Work>
void for_each_block(const Prepared& p, const Pieces& pieces, int64_t piece, const Work& work) {
  const int64_t group = piece / (pieces.heads * pieces.cuts), n = piece % pieces.cuts;
  const int64_t first = p.batch() * group / pieces.groups, end = p.batch() * (group + 1) / pieces.groups;
  const int64_t blocks = p.plan.blocks_per_batch;
  for (int64_t b = first; b < end; ++b) {
    if (p.plan.divisible) {
      const auto [from, to] = cut(static_cast<int64_t>(p.block(b, 0).query_row.size()), n, pieces.cuts);
      if (from < to) work(b, p.block(b, 0), from, to);
      continue;
    }
    for (int64_t k = blocks * n / pieces.cuts; k < blocks * (n + 1) / pieces.cuts; ++k) {
      work(b, p.block(b, k), 0, static_cast<int32_t>(p.block(b, k).query_row.size()));
    }
  }
}

at::Tensor float_zeros(at::IntArrayRef sizes) {
  return at::zeros(sizes, at::TensorOptions().dtype(at::kFloat));
}

/// The sum over the pieces of a range, [cuts, ...] -> [...], in the input's dtype and layout.
at::Tensor sum_pieces(const at::Tensor& parts, const at::Tensor& input) {
  auto result = at::empty_like(input);
  const bool as_they_are = result.scalar_type() == at::kFloat && result.strides() == parts[0].strides();
  if (parts.size(0) == 1) return as_they_are ? parts[0] : result.copy_(parts[0]);
  if (parts.size(0) == 2 && result.scalar_type() == at::kFloat)
    return at::add_out(result, parts[0], parts[1]);
  return result.copy_(parts.sum(0));
}

/// [groups, heads, cuts, rows, head_dim] -> the table's gradient.
at::Tensor sum_table(const at::Tensor& parts, const at::Tensor& table) {
  auto grad = parts.sum(at::IntArrayRef{0, 2});
  if (table.size(0) == 1) grad = grad.sum(0, true);
  return grad.to(table.scalar_type());
}

}  // namespace

void BlockArrays::add_key(int32_t row, int32_t rank) {
  key_row.push_back(row);
  key_rank.push_back(row < 0 ? kernels::kNoKey : rank);
}

void BlockArrays::finish() {
  while (key_row.size() % kTile != 0) add_key(-1, 0);
  if (!key_segment.empty()) key_segment.resize(key_row.size(), -1);
}

kernels::Block BlockArrays::view() const {
  kernels::Block block;
  block.queries = static_cast<int32_t>(query_row.size());
  block.keys = static_cast<int32_t>(key_row.size());
  block.query_row = query_row.data();
  block.query_rank = query_rank.data();
  block.query_place = query_place.data();
  block.key_row = key_row.data();
  block.key_rank = key_rank.data();
  if (!query_segment.empty()) {
    block.query_segment = query_segment.data();
    block.key_segment = key_segment.data();
  }
  return block;
}

Result run_blocks_forward(const BlockInputs& inputs, const BlockPlan& plan) {
  const Prepared p(inputs, plan);
  auto sizes = p.in.query.sizes().vec();
  Result result{at::empty_like(inputs.query), {}};
  const at::Tensor output = unit_stride(result.output);
  sizes.pop_back();
  result.logsumexp = at::empty(sizes, inputs.query.options().dtype(at::kFloat));
  if (result.output.numel() == 0 && result.logsumexp.numel() == 0) return result;
  const Pieces pieces = cut_problem(p);
  const auto& run = kernels::cpu_kernels().block;
  for_each_piece(
      pieces.count(), kernels::block_forward_scratch(p.problem, p.longest),
      [&](int64_t piece, float* scratch) {
        const int64_t h = piece / pieces.cuts % pieces.heads;
        for_each_block(p, pieces, piece, [&](int64_t b, const BlockArrays& block, int32_t from, int32_t to) {
          run.forward(p.problem, p.head(b, h, output, result.logsumexp), block.view(), from, to, scratch);
        });
      });
  if (!output.is_same(result.output)) result.output.copy_(output);
  return result;
}

DistanceGradients run_blocks_backward(const at::Tensor& output_grad, const BlockInputs& inputs,
                                      const at::Tensor& output, const at::Tensor& logsumexp,
                                      const BlockPlan& plan) {
  const Prepared p(inputs, plan);
  const int64_t batch = p.batch(), heads = p.heads(), keys = p.in.key.size(2), head_dim = p.in.key.size(3);
  const at::Tensor grad = unit_stride(output_grad), saved = unit_stride(output), lse = logsumexp.contiguous();
  const Pieces pieces = cut_problem(p);
  DistanceGradients result;
  result.query = at::empty_like(inputs.query);
  const at::Tensor query_grad =
      result.query.stride(-1) == 1 ? result.query : at::empty(result.query.sizes(), result.query.options());
  const auto key_parts = float_zeros({pieces.cuts, batch, heads, keys, head_dim});
  const auto value_parts = at::zeros_like(key_parts);
  const auto table_parts = [&](const std::optional<at::Tensor>& table) {
    return table ? float_zeros({pieces.groups, heads, pieces.cuts, table->size(1), head_dim}) : at::Tensor();
  };
  const auto relation_key = table_parts(p.in.relation_key), relation_value = table_parts(p.in.relation_value);
  const auto at_part = [](const at::Tensor& parts, int64_t part) {
    return parts.defined() ? static_cast<float*>(parts.data_ptr()) + part * parts.size(-1) * parts.size(-2)
                           : nullptr;
  };
  const auto& run = kernels::cpu_kernels().block;
  for_each_piece(
      pieces.count(), kernels::block_backward_scratch(p.problem, p.longest),
      [&](int64_t piece, float* scratch) {
        const int64_t h = piece / pieces.cuts % heads, n = piece % pieces.cuts;
        for_each_block(p, pieces, piece, [&](int64_t b, const BlockArrays& block, int32_t from, int32_t to) {
          kernels::BlockGradients to_grads;
          to_grads.output_grad = rows_of(grad, b, h);
          to_grads.query_grad = rows_of(query_grad, b, h);
          to_grads.key_grad = at_part(key_parts, (n * batch + b) * heads + h);
          to_grads.value_grad = at_part(value_parts, (n * batch + b) * heads + h);
          to_grads.relation_key_grad = at_part(relation_key, piece);
          to_grads.relation_value_grad = at_part(relation_value, piece);
          run.backward(p.problem, p.head(b, h, saved, lse), to_grads, block.view(), from, to, scratch);
        });
      });
  if (!query_grad.is_same(result.query)) result.query.copy_(query_grad);
  result.key = sum_pieces(key_parts, inputs.key);
  result.value = sum_pieces(value_parts, inputs.value);
  if (p.in.relation_key) result.relation_key = sum_table(relation_key, *inputs.relation_key);
  if (p.in.relation_value) result.relation_value = sum_table(relation_value, *inputs.relation_value);
  return result;
}

}  // namespace heed::attention
