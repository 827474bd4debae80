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
  TORCH_CHECK(
      !std::holds_alternative<attention::Window2d>(options.pattern),
      "[multi_head_attention] a Window2d pattern takes row and column embeddings (attention::RowColumn), "
      "not the distance embeddings of relations shaw and music");
  if (const auto* line = std::get_if<attention::Local1d>(&options.pattern))
    return line->query_block + line->memory_before;
  if (const auto* image = std::get_if<attention::Local2d>(&options.pattern))
    return attention::local_2d_relation_rows(*image);
  return is_dense_causal(options.pattern) ? options.max_relative_distance
                                          : 2 * options.max_relative_distance - 1;
}

/// The row of distance 0 in the relation tables of a causal pattern: the last, except for Local2d, where
/// earlier positions can be to the right.
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

KeyValueCache MultiHeadAttentionImpl::make_cache(const RowIndex& index) const {
  const KeyValueShape shape{
      .heads = options_.heads,
      .head_dim = options_.d_model / options_.heads,
      .rounded = query_key_value_.ptr()->packed_weights().front()->type() != WeightType::kFloat32};
  return {index, shape, query_key_value_->weight.options().requires_grad(false)};
}

StepRelation MultiHeadAttentionImpl::step_relation() const {
  StepRelation relation;
  if (options_.relation == RelationKind::kNone) return relation;
  relation.key = relation_key_;
  relation.value = relation_value_;
  relation.zero = row_of_no_distance(options_.pattern, relation_key_.size(1));
  relation.beyond = options_.beyond;
  return relation;
}

void MultiHeadAttentionImpl::record(StepProgram& program, KeyValueCache& cache, StepBlock input,
                                    const StepBlocks& blocks, StepLinear output) {
  program.linear(query_key_value_, {.from = input, .to = blocks.joined});
  program.attend(cache, {.joined = blocks.joined,
                         .to = blocks.found,
                         .options = {.heads = options_.heads, .relation = step_relation()}});
  output.from = blocks.found;
  program.linear(output_, output);
}

at::Tensor MultiHeadAttentionImpl::step(const at::Tensor& input, KeyValueCache& cache,
                                        const RowIndex& index) {
  const int64_t d_model = options_.d_model;
  const at::Tensor joined = query_key_value_->forward(input);  // [queries, 3 * d_model]
  cache.append(joined.narrow(1, d_model, 2 * d_model), index);
  const at::Tensor found = cached_attention(joined.narrow(1, 0, d_model), cache.keys(), index.queries(),
                                            {.heads = options_.heads, .relation = step_relation()});
  return output_->forward(found);
}

}  // namespace heed::nn
