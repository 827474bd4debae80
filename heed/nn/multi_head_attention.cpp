// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/multi_head_attention.h"

#include <cmath>
#include <limits>
#include <variant>

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <torch/nn/init.h>

#include "heed/nn/heads.h"

namespace heed::nn {
namespace {

bool is_dense_causal(const attention::Pattern& pattern) {
  const auto* dense = std::get_if<attention::Dense>(&pattern);
  return dense != nullptr && dense->causal;
}

int64_t relation_rows(const MultiHeadAttentionOptions& options) {
  if (const auto* line = std::get_if<attention::Local1d>(&options.pattern))
    return line->query_block + line->memory_before;
  if (const auto* image = std::get_if<attention::Local2d>(&options.pattern))
    return attention::local_2d_relation_rows(*image);
  return is_dense_causal(options.pattern) ? options.max_relative_distance
                                          : 2 * options.max_relative_distance - 1;
}

/// The row of distance 0 in the tables of a pattern whose queries see nothing after them: the last, but for
/// Local2d, where what comes before may stand to the right.
int64_t row_of_no_distance(const attention::Pattern& pattern, int64_t rows) {
  return std::holds_alternative<attention::Local2d>(pattern) ? (rows - 1) / 2 : rows - 1;
}

}  // namespace

MultiHeadAttentionImpl::MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options) : options_(options) {
  const int64_t d_model = options.d_model;
  TORCH_CHECK(options.heads > 0 && d_model % options.heads == 0, "[multi_head_attention] d_model ", d_model,
              " must be a multiple of heads ", options.heads);
  query_key_value_ = register_module("query_key_value", Linear(d_model, 3 * d_model));
  output_ = register_module("output", Linear(d_model, d_model));
  torch::nn::init::xavier_uniform_(query_key_value_->weight);
  torch::nn::init::xavier_uniform_(output_->weight);
  torch::nn::init::zeros_(query_key_value_->bias);
  torch::nn::init::zeros_(output_->bias);
  if (options.relation == RelationKind::kNone) return;

  const int64_t head_dim = d_model / options.heads;
  const int64_t rows = relation_rows(options);
  const double deviation = 1.0 / std::sqrt(static_cast<double>(head_dim));
  const bool shaw = options.relation == RelationKind::kShaw;
  const auto table = [&](int64_t heads) { return at::randn({heads, rows, head_dim}) * deviation; };
  relation_key_ = register_parameter("relation_key", table(shaw ? 1 : options.heads));
  if (shaw) relation_value_ = register_parameter("relation_value", table(1));
}

attention::Spec MultiHeadAttentionImpl::spec(const attention::Extents& extents) const {
  attention::Spec spec;
  spec.pattern = options_.pattern;
  spec.extents = extents;
  spec.backend = options_.backend;
  if (is_training() && options_.dropout > 0) {
    spec.dropout = {.p = options_.dropout,
                    .seed = at::randint(std::numeric_limits<int64_t>::max(), {1}, at::kLong)};
  }
  if (options_.relation != RelationKind::kNone) {
    attention::Distance distance{.key = relation_key_, .value = std::nullopt, .beyond = options_.beyond};
    if (relation_value_.defined()) distance.value = relation_value_;
    spec.relation = std::move(distance);
  }
  return spec;
}

MultiHeadAttentionImpl::Projected MultiHeadAttentionImpl::project(const at::Tensor& input) {
  const auto parts = split_heads(query_key_value_->forward(input), 3, options_.heads);
  return {parts[0], parts[1], parts[2]};
}

at::Tensor MultiHeadAttentionImpl::merge(const at::Tensor& heads_output) {
  return output_->forward(merge_heads(heads_output));  // [batch, length, d_model]
}

at::Tensor MultiHeadAttentionImpl::forward(const at::Tensor& input, const attention::Extents& extents) {
  const Projected projected = project(input);
  return merge(attention::attend(projected.query, projected.key, projected.value, spec(extents)).output);
}

KeyValueCache MultiHeadAttentionImpl::make_cache(int64_t batch, int64_t capacity) const {
  TORCH_CHECK(is_dense_causal(options_.pattern),
              "[multi_head_attention] only dense causal attention decodes many positions in a step");
  const int64_t head_dim = options_.d_model / options_.heads;
  const auto like = query_key_value_->weight.options().requires_grad(false);
  const auto make = [&] { return at::empty({batch, options_.heads, capacity, head_dim}, like); };
  return {make(), make(), 0};
}

at::Tensor MultiHeadAttentionImpl::step(const at::Tensor& input, KeyValueCache& cache) {
  const int64_t count = input.size(1), end = cache.length + count;
  TORCH_CHECK(end <= cache.key.size(2), "[multi_head_attention] the cache holds ", cache.key.size(2),
              " tokens, the sequence needs ", end);
  const Projected projected = project(input);
  cache.key.narrow(2, cache.length, count).copy_(projected.key);
  cache.value.narrow(2, cache.length, count).copy_(projected.value);
  attention::Extents extents;
  extents.query_start = at::full({input.size(0)}, cache.length, input.options().dtype(at::kLong));
  cache.length = end;
  return merge(attention::attend(projected.query, cache.key.narrow(2, 0, end), cache.value.narrow(2, 0, end),
                                 spec(extents))
                   .output);
}

at::Tensor MultiHeadAttentionImpl::step(const at::Tensor& input, TokenCache& cache) {
  TORCH_CHECK(
      is_dense_causal(options_.pattern) && options_.relation != RelationKind::kMusic &&
          (options_.relation == RelationKind::kNone || options_.beyond == attention::Beyond::kClip),
      "[multi_head_attention] a step of single tokens needs causal attention without a relation, or with "
      "Shaw's, clipped");
  const int64_t d_model = options_.d_model;
  const at::Tensor joined = query_key_value_->forward(input);  // [rows, 3 * d_model]
  cache.append(joined.narrow(1, d_model, d_model), joined.narrow(1, 2 * d_model, d_model));
  CachedSteps steps = cache.steps();
  if (options_.relation == RelationKind::kShaw) {
    steps.relation = {.key = relation_key_, .value = relation_value_};
    steps.relation.zero = row_of_no_distance(options_.pattern, relation_key_.size(1));
  }
  return output_->forward(cached_attention(joined.narrow(1, 0, d_model), options_.heads, steps));
}

PlannedCache MultiHeadAttentionImpl::make_cache(std::shared_ptr<const DecodingPlan> plan,
                                                int64_t batch) const {
  return {std::move(plan), batch, options_.d_model, query_key_value_->weight.options().requires_grad(false)};
}

at::Tensor MultiHeadAttentionImpl::step(const at::Tensor& input, PlannedCache& cache) {
  TORCH_CHECK(options_.relation != RelationKind::kShaw,
              "[multi_head_attention] steps along a plan know no relation of values");
  const int64_t d_model = options_.d_model;
  const at::Tensor joined = query_key_value_->forward(input);  // [rows, 3 * d_model]
  cache.append(joined.narrow(1, d_model, d_model), joined.narrow(1, 2 * d_model, d_model));
  StepRelation relation;
  if (options_.relation == RelationKind::kMusic) {
    relation.key = relation_key_;
    relation.zero = row_of_no_distance(options_.pattern, relation_key_.size(1));
    relation.beyond = options_.beyond;
    relation.place = cache.places();
    relation.query_place = relation.place[-1].item<int32_t>();
  }
  return output_->forward(single_query_attention(joined.narrow(1, 0, d_model), options_.heads, cache.key(),
                                                 cache.value(), relation));
}

}  // namespace heed::nn
