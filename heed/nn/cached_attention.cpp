// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/cached_attention.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include "heed/kernels/isa.h"

namespace heed::nn {
namespace {

kernels::CachedRows rows_of(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), tensor.stride(1), tensor.stride(0)};
}

void check(const at::Tensor& query, int64_t heads, const CachedSteps& steps) {
  TORCH_CHECK(query.dim() == 2 && query.size(1) % heads == 0 && query.stride(1) == 1,
              "[cached_attention] query must be [rows, d_model], d_model a multiple of heads ", heads,
              ", got ", query.sizes());
  for (const auto& tensor : {steps.key, steps.value}) {
    TORCH_CHECK(tensor.dim() == 3 && tensor.size(2) == query.size(1) && tensor.stride(2) == 1,
                "[cached_attention] keys and values must be [slots, positions, ", query.size(1), "], got ",
                tensor.sizes());
  }
  for (const auto& tensor : {query, steps.key, steps.value}) {
    TORCH_CHECK(tensor.is_cpu() && tensor.scalar_type() == at::kFloat,
                "[cached_attention] decodes in float32 on the CPU, got ", tensor.scalar_type(), " on ",
                tensor.device());
  }
}

/// A table as the kernel reads it.
at::Tensor table(const at::Tensor& given, const kernels::CachedProblem& problem) {
  if (!given.defined()) return given;
  TORCH_CHECK(given.dim() == 3 && (given.size(0) == 1 || given.size(0) == problem.heads) &&
                  given.size(2) == problem.head_dim && given.is_cpu() && given.scalar_type() == at::kFloat,
              "[cached_attention] a relation must be [heads or 1, rows, ", problem.head_dim,
              "], float32 on the CPU, got ", given.sizes());
  return given.contiguous();
}

kernels::CachedRelation relation_of(const StepRelation& given, const at::Tensor& key, const at::Tensor& value,
                                    int64_t positions) {
  kernels::CachedRelation relation;
  const at::Tensor& either = key.defined() ? key : value;
  if (!either.defined()) return relation;
  TORCH_CHECK(!value.defined() || value.sizes() == either.sizes(),
              "[cached_attention] the relations of keys and of values must be alike, got ", either.sizes(),
              " and ", value.sizes());
  if (key.defined()) relation.key = key.const_data_ptr<float>();
  if (value.defined()) relation.value = value.const_data_ptr<float>();
  relation.head = either.size(0) == 1 ? 0 : either.stride(0);
  relation.rows = static_cast<int32_t>(either.size(1));
  relation.zero = static_cast<int32_t>(given.zero);
  relation.clip = given.beyond == attention::Beyond::kClip;
  if (!given.place.defined()) return relation;
  TORCH_CHECK(given.place.dim() == 1 && given.place.size(0) == positions && given.place.stride(0) == 1,
              "[cached_attention] places must be [", positions, "], got ", given.place.sizes());
  relation.place = given.place.const_data_ptr<int32_t>();
  relation.query_place = static_cast<int32_t>(given.query_place);
  return relation;
}

/// The embeddings that single queries meet: [heads, positions, head_dim].
at::Tensor met_by(const StepRelation& relation) {
  const int64_t rows = relation.key.size(1);
  const at::Tensor distance = relation.place.to(relation.key.device(), at::kLong) - relation.query_place;
  const at::Tensor row = distance + relation.zero;
  const at::Tensor met = relation.key.index_select(1, row.clamp(0, rows - 1));
  if (relation.beyond == attention::Beyond::kClip) return met;
  return met * row.ge(0).logical_and(row.lt(rows)).unsqueeze(-1);
}

}  // namespace

at::Tensor cached_attention(const at::Tensor& query, int64_t heads, const CachedSteps& steps,
                            at::Tensor* weights) {
  check(query, heads, steps);
  const at::Tensor output = at::empty({query.size(0), query.size(1)}, query.options());
  const at::Tensor slot = steps.slot.contiguous(), length = steps.length.contiguous();
  kernels::CachedProblem problem;
  problem.heads = static_cast<int32_t>(heads);
  problem.head_dim = static_cast<int32_t>(query.size(1) / heads);
  problem.scale = 1.0f / std::sqrt(static_cast<float>(problem.head_dim));
  problem.rows = query.size(0);
  problem.query = query.const_data_ptr<float>();
  problem.query_row = query.stride(0);
  problem.key = rows_of(steps.key);
  problem.value = rows_of(steps.value);
  problem.slot = slot.const_data_ptr<int32_t>();
  problem.slot_position = slot.size(0) == 1 ? 0 : slot.size(1);
  problem.length = length.const_data_ptr<int32_t>();
  const at::Tensor key_table = table(steps.relation.key, problem),
                   value_table = table(steps.relation.value, problem);
  problem.relation = relation_of(steps.relation, key_table, value_table, steps.key.size(1));
  problem.output = output.mutable_data_ptr<float>();
  if (weights != nullptr) {
    problem.positions = steps.key.size(1);
    *weights = at::empty({problem.rows, heads, problem.positions}, query.options());
    problem.weights = weights->mutable_data_ptr<float>();
  }
  if (problem.rows == 0) return output;

  const int64_t floats = kernels::cached_attention_scratch(problem, steps.key.size(1));
  constexpr int64_t kGrain = 4;  // rows that are worth a thread
  at::parallel_for(0, problem.rows, kGrain, [&](int64_t begin, int64_t end) {
    const at::Tensor scratch = at::empty({floats}, at::kFloat);
    kernels::cpu_kernels().cached.attend(problem, begin, end, scratch.mutable_data_ptr<float>());
  });
  return output;
}

at::Tensor single_query_attention(const at::Tensor& query, int64_t heads, const at::Tensor& key,
                                  const at::Tensor& value, const StepRelation& relation) {
  const int64_t rows = query.size(0), seen = key.size(1), head_dim = query.size(1) / heads;
  if (query.is_cpu() && query.scalar_type() == at::kFloat) {
    CachedSteps steps;
    steps.key = key;
    steps.value = value;
    steps.slot = at::arange(rows, at::kInt).unsqueeze(0);
    steps.length = at::full({rows}, seen, at::kInt);
    steps.relation = relation;
    return cached_attention(query, heads, steps);
  }
  const auto split = [&](const at::Tensor& joined) {
    return joined.reshape({rows, -1, heads, head_dim}).transpose(1, 2);  // [rows, heads, count, head_dim]
  };
  const at::Tensor asked = split(query);
  at::Tensor scores = asked.matmul(split(key).transpose(2, 3));  // [rows, heads, 1, seen]
  if (relation.key.defined()) scores = scores + asked.matmul(met_by(relation).transpose(1, 2));
  const at::Tensor weights = (scores / std::sqrt(static_cast<double>(head_dim))).softmax(-1);
  return weights.matmul(split(value)).transpose(1, 2).reshape({rows, heads * head_dim});
}

TokenCache::TokenCache(int64_t rows, int64_t most_rows, int64_t capacity, int64_t d_model)
    : key_(at::empty({capacity, most_rows, d_model}, at::kFloat)),
      value_(at::empty({capacity, most_rows, d_model}, at::kFloat)),
      slot_(at::empty({capacity, most_rows}, at::kInt)),
      rows_(rows) {}

void TokenCache::append(const at::Tensor& key, const at::Tensor& value) {
  TORCH_CHECK(length_ < key_.size(0), "[token_cache] holds ", key_.size(0),
              " tokens, the sequence needs more");
  key_[length_].narrow(0, 0, rows_).copy_(key);
  value_[length_].narrow(0, 0, rows_).copy_(value);
  slot_[length_].narrow(0, 0, rows_).copy_(at::arange(rows_, at::kInt));
  ++length_;
}

void TokenCache::reorder(const at::Tensor& rows) {
  TORCH_CHECK(rows.size(0) <= slot_.size(1), "[token_cache] is for ", slot_.size(1), " rows, got ",
              rows.size(0));
  if (length_ > 0) {
    const at::Tensor moved = slot_.narrow(0, 0, length_).index_select(1, rows);
    slot_.narrow(0, 0, length_).narrow(1, 0, rows.size(0)).copy_(moved);
  }
  rows_ = rows.size(0);
}

CachedSteps TokenCache::steps() const {
  CachedSteps steps;
  steps.key = key_.narrow(0, 0, length_).transpose(0, 1);
  steps.value = value_.narrow(0, 0, length_).transpose(0, 1);
  steps.slot = slot_.narrow(0, 0, length_).narrow(1, 0, rows_);
  steps.length = at::full({rows_}, length_, at::kInt);
  return steps;
}

}  // namespace heed::nn
