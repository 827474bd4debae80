// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/cached_attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include "heed/core/memory.h"
#include "heed/kernels/isa.h"
#include "heed/nn/gathered_attention.h"

namespace heed::nn {
namespace {

/// Bytes of keys and values that are worth waking a thread.
constexpr int64_t kWorthAThread = 1 << 18;

bool takes_kernels(const at::Tensor& query, const CachedKeys& keys) {
  return query.is_cpu() && query.scalar_type() == at::kFloat && keys.key.scalar_type() == at::kFloat &&
         keys.value.scalar_type() == at::kFloat;
}

void check(const at::Tensor& query, const CachedKeys& keys, const StepQueries& step, int64_t heads) {
  TORCH_CHECK(query.dim() == 2 && query.size(0) == std::ssize(step.queries) && query.size(1) % heads == 0 &&
                  (query.size(0) == 0 || query.stride(1) == 1),
              "[cached_attention] query must be [", step.queries.size(),
              ", d_model], d_model a multiple of heads ", heads, ", got ", query.sizes());
  TORCH_CHECK(keys.key.dim() == 3 && keys.key.size(2) == query.size(1) && keys.key.stride(2) == 1 &&
                  keys.value.sizes() == keys.key.sizes() && keys.value.strides() == keys.key.strides(),
              "[cached_attention] keys and values must be [positions, slots, ", query.size(1),
              "] of equal strides, got ", keys.key.sizes(), " and ", keys.value.sizes());
}

kernels::CachedRelation relation_of(const CachedAttentionOptions& options, const StepQueries& step,
                                    const kernels::CachedProblem& problem) {
  kernels::CachedRelation result;
  const StepRelation& given = options.relation;
  TORCH_CHECK(!given.key.defined() || !given.value.defined() || given.key.sizes() == given.value.sizes(),
              "[cached_attention] the relations of keys and of values must be of one shape, got ",
              given.key.sizes(), " and ", given.value.sizes());
  for (const auto& table : {given.key, given.value}) {
    if (!table.defined()) continue;
    TORCH_CHECK(table.dim() == 3 && (table.size(0) == 1 || table.size(0) == problem.heads) &&
                    table.size(2) == problem.head_dim && table.is_cpu() &&
                    table.scalar_type() == at::kFloat && table.is_contiguous(),
                "[cached_attention] a relation must be [heads or 1, rows, ", problem.head_dim,
                "], float32 on the CPU and contiguous, got ", table.sizes());
    result.head = table.size(0) == 1 ? 0 : table.stride(0);
    result.rows = static_cast<int32_t>(table.size(1));
  }
  if (given.key.defined()) result.key = given.key.const_data_ptr<float>();
  if (given.value.defined()) result.value = given.value.const_data_ptr<float>();
  result.zero = static_cast<int32_t>(given.zero);
  result.clip = given.beyond == attention::Beyond::kClip;
  if (!step.coordinates.empty()) result.coordinate = step.coordinates.data();
  return result;
}

/// Scratch of the calling thread, kept for its next call.
void* scratch(int64_t bytes) {
  thread_local std::vector<std::byte> kept;
  if (std::ssize(kept) < bytes) kept.resize(static_cast<size_t>(bytes));
  return kept.data();
}

/// Queries, or the heads of each where queries are few, are shared out among the threads.
void attend(const kernels::CachedProblem& problem) {
  int64_t longest = 0, all = 0;
  for (int64_t i = 0; i < problem.queries; ++i) {
    longest = std::max<int64_t>(longest, problem.query[i].count);
    all += problem.query[i].count;
  }
  const int64_t bytes = kernels::cached_attention_scratch(problem, longest);
  const auto& kernel = kernels::cpu_kernels().cached;
  const int64_t weight = all * problem.heads * problem.head_dim * 2 * int64_t{sizeof(float)};
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), weight / kWorthAThread);
  if (threads <= 1) return kernel.attend(problem, 0, problem.queries, 0, problem.heads, scratch(bytes));
  // Enough pieces that none waits long for another, of whole heads.
  const int64_t pieces =
      std::clamp<int64_t>((2 * threads + problem.queries - 1) / problem.queries, 1, problem.heads);
  at::parallel_for(0, problem.queries * pieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t i = piece / pieces, part = piece % pieces;
      const auto head = [&](int64_t n) { return static_cast<int32_t>(n * problem.heads / pieces); };
      kernel.attend(problem, i, i + 1, head(part), head(part + 1), scratch(bytes));
    }
  });
}

}  // namespace

at::Tensor cached_attention(const at::Tensor& query, const CachedKeys& keys, const StepQueries& step,
                            const CachedAttentionOptions& options, at::Tensor* weights) {
  check(query, keys, step, options.heads);
  if (!takes_kernels(query, keys)) return gathered_attention(query, keys, step, options, weights);
  const at::Tensor output = at::empty({query.size(0), query.size(1)}, query.options());
  kernels::CachedProblem problem;
  problem.heads = static_cast<int32_t>(options.heads);
  problem.head_dim = static_cast<int32_t>(query.size(1) / options.heads);
  problem.scale = options.scale != 0 ? static_cast<float>(options.scale)
                                     : 1.0f / std::sqrt(static_cast<float>(problem.head_dim));
  problem.queries = query.size(0);
  problem.query = step.queries.data();
  problem.vectors = query.const_data_ptr<float>();
  problem.vectors_row = query.stride(0);
  problem.key = keys.key.const_data_ptr<float>();
  problem.value = keys.value.const_data_ptr<float>();
  problem.position = keys.key.stride(0);
  problem.slot = keys.key.stride(1);
  problem.slots = step.slots.data();
  problem.slot_position = step.slot_position;
  problem.relation = relation_of(options, step, problem);
  problem.output = output.mutable_data_ptr<float>();
  if (weights != nullptr) {
    problem.positions = keys.key.size(0);
    *weights = at::empty({problem.queries, options.heads, problem.positions}, query.options());
    problem.weights = weights->mutable_data_ptr<float>();
  }
  if (problem.queries > 0) attend(problem);
  return output;
}

KeyValueCache::KeyValueCache(const RowIndex& index, int64_t d_model, const at::TensorOptions& options) {
  const int64_t capacity = index.capacity(), slots = index.slots(), width = 2 * d_model;
  store_ = index.one_slot_each() ? at::empty({slots, capacity, width}, options).transpose(0, 1)
                                 : at::empty({capacity, slots, width}, options);
  if (store_.is_cpu()) prefer_large_pages(store_.data_ptr(), store_.nbytes());
}

void KeyValueCache::append(const at::Tensor& key_value, const RowIndex& index) {
  const auto &positions = index.positions(), &slots = index.write_slots();
  TORCH_CHECK(key_value.dim() == 2 && key_value.size(0) == std::ssize(positions) &&
                  key_value.size(1) == store_.size(2),
              "[key_value_cache] expects [", positions.size(), ", ", store_.size(2), "], got ",
              key_value.sizes());
  if (key_value.is_cpu() && key_value.scalar_type() == store_.scalar_type() && key_value.stride(1) == 1) {
    const auto size = static_cast<size_t>(store_.element_size());
    const auto* from = static_cast<const std::byte*>(key_value.const_data_ptr());
    auto* to = static_cast<std::byte*>(store_.mutable_data_ptr());
    for (size_t i = 0; i < positions.size(); ++i) {
      const int64_t at = positions[i] * store_.stride(0) + slots[i] * store_.stride(1);
      std::memcpy(to + static_cast<size_t>(at) * size,
                  from + i * static_cast<size_t>(key_value.stride(0)) * size,
                  static_cast<size_t>(store_.size(2)) * size);
    }
    return;
  }
  const auto index_of = [&](const std::vector<int32_t>& numbers) {
    return at::tensor(numbers, at::kLong).to(store_.device());
  };
  store_.index_put_({index_of(positions), index_of(slots)}, key_value.to(store_.scalar_type()));
}

CachedKeys KeyValueCache::keys() const {
  const int64_t d_model = store_.size(2) / 2;
  return {store_.narrow(2, 0, d_model), store_.narrow(2, d_model, d_model)};
}

MemoryIndex::MemoryIndex(const at::Tensor& lengths) {
  const at::Tensor on_cpu = lengths.to(at::kCPU, at::kInt).contiguous();
  lengths_.assign(on_cpu.const_data_ptr<int32_t>(), on_cpu.const_data_ptr<int32_t>() + on_cpu.numel());
}

const StepQueries& MemoryIndex::finish() {
  step_.queries = queries_;
  step_.slots = slots_;
  return step_;
}

const StepQueries& MemoryIndex::look(const RowIndex& index) {
  slots_.clear();
  queries_.clear();
  for (int64_t row = 0; row < index.rows(); ++row) slots_.push_back(static_cast<int32_t>(index.input(row)));
  for (const auto& query : index.queries().queries) {
    const int32_t length = lengths_[static_cast<size_t>(slots_[static_cast<size_t>(query.row)])];
    queries_.push_back({.row = query.row, .first = 0, .count = length});
  }
  return finish();
}

const StepQueries& MemoryIndex::look_by_input(int64_t queries_each) {
  slots_.clear();
  queries_.clear();
  for (size_t input = 0; input < lengths_.size(); ++input) {
    slots_.push_back(static_cast<int32_t>(input));
    for (int64_t n = 0; n < queries_each; ++n)
      queries_.push_back({.row = static_cast<int32_t>(input), .first = 0, .count = lengths_[input]});
  }
  return finish();
}

}  // namespace heed::nn
