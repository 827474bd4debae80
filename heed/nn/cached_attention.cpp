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

bool kernels_read(at::ScalarType type) {
  return type == at::kFloat || type == at::kBFloat16;
}

bool takes_kernels(const at::Tensor& query, const CachedKeys& keys) {
  return query.is_cpu() && query.scalar_type() == at::kFloat && kernels_read(keys.key.scalar_type()) &&
         keys.value.scalar_type() == keys.key.scalar_type();
}

void check(const at::Tensor& query, const StepQueries& step, int64_t heads) {
  TORCH_CHECK(query.dim() == 2 && query.size(0) == std::ssize(step.queries) && query.size(1) % heads == 0 &&
                  (query.size(0) == 0 || query.stride(1) == 1),
              "[cached_attention] query must be [", step.queries.size(),
              ", d_model], d_model a multiple of heads ", heads, ", got ", query.sizes());
}

void check(const CachedKeys& keys, int64_t d_model, int64_t heads) {
  const at::Tensor& key = keys.key;
  const bool side_by_side = key.dim() == 3 && key.size(2) == d_model && key.stride(2) == 1;
  const bool by_head =
      key.dim() == 4 && key.size(2) == heads && key.size(3) == d_model / heads && key.stride(3) == 1;
  TORCH_CHECK(
      (side_by_side || by_head) && keys.value.sizes() == key.sizes() && keys.value.strides() == key.strides(),
      "[cached_attention] keys and values must be [positions, slots, ", d_model, "] or [positions, slots, ",
      heads, ", ", d_model / heads, "] of equal strides, got ", key.sizes(), " and ", keys.value.sizes());
}

kernels::CachedStore store_of(const CachedKeys& keys, int64_t head_dim) {
  kernels::CachedStore store;
  store.key = keys.key.const_data_ptr();
  store.value = keys.value.const_data_ptr();
  store.element =
      keys.key.scalar_type() == at::kFloat ? kernels::Element::kFloat : kernels::Element::kBfloat16;
  store.position = keys.key.stride(0);
  store.slot = keys.key.stride(1);
  store.head = keys.key.dim() == 4 ? keys.key.stride(2) : head_dim;
  return store;
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

int64_t longest_of(const kernels::CachedProblem& problem) {
  int64_t longest = 0;
  for (int64_t i = 0; i < problem.queries; ++i) longest = std::max<int64_t>(longest, problem.query[i].count);
  return longest;
}

/// Queries, or the heads of each where queries are few, are shared out among the threads.
void attend(const kernels::CachedProblem& problem) {
  int64_t all = 0;
  for (int64_t i = 0; i < problem.queries; ++i) all += problem.query[i].count;
  const auto& kernel = kernels::cpu_kernels().cached;
  const int64_t weight = all * problem.heads * problem.head_dim * 2 * int64_t{sizeof(float)};
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), weight / kWorthAThread);
  if (threads <= 1)
    return kernel.attend(problem, 0, problem.queries, 0, problem.heads, cached_attention_scratch(problem));
  // Enough pieces that none waits long for another, of whole heads.
  const int64_t pieces =
      std::clamp<int64_t>((2 * threads + problem.queries - 1) / problem.queries, 1, problem.heads);
  at::parallel_for(0, problem.queries * pieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t i = piece / pieces, part = piece % pieces;
      const auto head = [&](int64_t n) { return static_cast<int32_t>(n * problem.heads / pieces); };
      kernel.attend(problem, i, i + 1, head(part), head(part + 1), cached_attention_scratch(problem));
    }
  });
}

}  // namespace

void* cached_attention_scratch(const kernels::CachedProblem& problem) {
  thread_local std::vector<std::byte> kept;
  const int64_t bytes = kernels::cached_attention_scratch(problem, longest_of(problem));
  if (std::ssize(kept) < bytes) kept.resize(static_cast<size_t>(bytes));
  return kept.data();
}

kernels::CachedProblem cached_problem(const CachedKeys& keys, const StepQueries& step,
                                      const CachedAttentionOptions& options, int64_t d_model) {
  check(keys, d_model, options.heads);
  kernels::CachedProblem problem;
  problem.heads = static_cast<int32_t>(options.heads);
  problem.head_dim = static_cast<int32_t>(d_model / options.heads);
  problem.scale = options.scale != 0 ? static_cast<float>(options.scale)
                                     : 1.0f / std::sqrt(static_cast<float>(problem.head_dim));
  problem.queries = std::ssize(step.queries);
  problem.query = step.queries.data();
  problem.store = store_of(keys, problem.head_dim);
  problem.slots = step.slots.data();
  problem.slot_position = step.slot_position;
  problem.relation = relation_of(options, step, problem);
  return problem;
}

at::Tensor cached_attention(const at::Tensor& query, const CachedKeys& keys, const StepQueries& step,
                            const CachedAttentionOptions& options, at::Tensor* weights) {
  check(query, step, options.heads);
  if (!takes_kernels(query, keys)) {
    check(keys, query.size(1), options.heads);
    return gathered_attention(query, keys, step, options, weights);
  }
  kernels::CachedProblem problem = cached_problem(keys, step, options, query.size(1));
  const at::Tensor output = at::empty({query.size(0), query.size(1)}, query.options());
  problem.vectors = query.const_data_ptr<float>();
  problem.vectors_row = query.stride(0);
  problem.output = output.mutable_data_ptr<float>();
  if (weights != nullptr) {
    problem.positions = keys.key.size(0);
    *weights = at::empty({problem.queries, options.heads, problem.positions}, query.options());
    problem.weights = weights->mutable_data_ptr<float>();
  }
  if (problem.queries > 0) attend(problem);
  return output;
}

KeyValueCache::KeyValueCache(const RowIndex& index, const KeyValueShape& shape,
                             const at::TensorOptions& options)
    : shape_(shape), by_head_(options.device().is_cpu() && options.dtype() == at::kFloat) {
  const int64_t capacity = index.capacity(), slots = index.slots(), width = shape.head_dim;
  if (by_head_) {
    const auto kept = options.dtype(shape.rounded ? at::kBFloat16 : at::kFloat);
    store_ = index.one_slot_each() ? at::empty({slots, shape.heads, 2, capacity, width}, kept)
                                   : at::empty({shape.heads, 2, capacity, slots, width}, kept);
    prefer_large_pages(store_.data_ptr(), store_.nbytes());
  } else {
    store_ = at::empty({capacity, slots, 2 * shape.heads * width}, options);
  }
  keys_ = views(index.one_slot_each());
}

/// [capacity, slots, heads, head_dim], or [capacity, slots, d_model].
CachedKeys KeyValueCache::views(bool one_slot_each) const {
  const int64_t d_model = shape_.heads * shape_.head_dim;
  if (!by_head_) return {store_.narrow(2, 0, d_model), store_.narrow(2, d_model, d_model)};
  const auto part = [&](int64_t which) {
    return one_slot_each ? store_.select(2, which).permute({2, 0, 1, 3})
                         : store_.select(1, which).permute({1, 2, 0, 3});
  };
  return {part(0), part(1)};
}

void KeyValueCache::write(const RowIndex& index, size_t query, int64_t head_begin, int64_t head_end,
                          const float* key_value) noexcept {
  const int64_t width = shape_.head_dim;
  const at::IntArrayRef strides = keys_.key.strides();
  const int64_t at = index.positions()[query] * strides[0] + index.write_slots()[query] * strides[1];
  const bool in_float32 = keys_.key.scalar_type() == at::kFloat;
  for (const at::Tensor* part : {&keys_.key, &keys_.value}) {
    for (int64_t head = head_begin; head < head_end; ++head) {
      const float* from = key_value + head * width;
      const int64_t place = at + head * strides[2];
      if (in_float32)
        std::memcpy(part->mutable_data_ptr<float>() + place, from,
                    static_cast<size_t>(width) * sizeof(float));
      else
        kernels::cpu_kernels().cached.round(from, static_cast<uint16_t*>(part->mutable_data_ptr()) + place,
                                            width);
    }
    key_value += shape_.heads * width;
  }
}

void KeyValueCache::append(const at::Tensor& key_value, const RowIndex& index) {
  const auto &positions = index.positions(), &slots = index.write_slots();
  const int64_t d_model = shape_.heads * shape_.head_dim;
  TORCH_CHECK(
      key_value.dim() == 2 && key_value.size(0) == std::ssize(positions) && key_value.size(1) == 2 * d_model,
      "[key_value_cache] expects [", positions.size(), ", ", 2 * d_model, "], got ", key_value.sizes());
  if (by_head_) {
    const at::Tensor from = key_value.stride(1) == 1 && key_value.scalar_type() == at::kFloat
                                ? key_value
                                : key_value.to(at::kCPU, store_.scalar_type()).to(at::kFloat).contiguous();
    for (size_t i = 0; i < positions.size(); ++i)
      write(index, i, 0, shape_.heads,
            from.const_data_ptr<float>() + static_cast<int64_t>(i) * from.stride(0));
    return;
  }
  const auto index_of = [&](const std::vector<int32_t>& numbers) {
    return at::tensor(numbers, at::kLong).to(store_.device());
  };
  store_.index_put_({index_of(positions), index_of(slots)}, key_value.to(store_.scalar_type()));
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
