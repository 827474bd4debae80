// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/edge_reference.h"

#include <limits>

#include <ATen/ATen.h>

#include "heed/attention/checks.h"
#include "heed/attention/edges.h"

namespace heed::attention {
namespace {

/// The inputs of each edge, [edges, heads, ...].
class PerEdge {
 public:
  explicit PerEdge(const EdgeInputs& in) : in_(in), type_(accumulation_type(in.value.scalar_type())) {
    source_ = in.edges.source.to(at::kLong);
    target_ = targets_of(in.edges);
    query_ = in.query.to(type_).index_select(0, target_);
    key_ = in.key.to(type_).index_select(0, source_);
    value_ = in.value.to(type_).index_select(0, source_);
    if (in.relation.key) key_ = key_ + rows(*in.relation.key);
    if (in.relation.value) value_ = value_ + rows(*in.relation.value);
    if (in.relation.bias) bias_ = rows(*in.relation.bias);
    if (in.vector) vector_ = in.vector->to(type_);
  }

  at::ScalarType type() const { return type_; }
  const at::Tensor& query() const { return query_; }
  const at::Tensor& key() const { return key_; }
  const at::Tensor& value() const { return value_; }
  const at::Tensor& vector() const { return vector_; }

  at::Tensor leaky(const at::Tensor& x) const { return at::leaky_relu(x, in_.slope); }
  /// What leaky_relu gets.
  at::Tensor inside() const {
    const auto sum = query_ + key_;
    return in_.score == kernels::EdgeScore::kGat && bias_.defined() ? sum + bias_.unsqueeze(2) : sum;
  }
  at::Tensor scores() const {
    if (in_.score == kernels::EdgeScore::kGat) return leaky(inside()).squeeze(2);
    const auto score = in_.score == kernels::EdgeScore::kDot ? (query_ * key_).sum(2) * in_.scale
                                                             : (vector_ * leaky(inside())).sum(2);
    return bias_.defined() ? score + bias_ : score;
  }
  /// Sums over the edges of each target, of each source, of each row of the relation.
  at::Tensor by_target(const at::Tensor& x) const { return summed(x, target_, in_.edges.targets()); }
  at::Tensor by_source(const at::Tensor& x) const { return summed(x, source_, in_.edges.sources()); }
  at::Tensor by_row(const at::Tensor& x, const at::Tensor& table) const {
    return in_.relation.type ? summed(x, in_.relation.type->to(at::kLong), table.size(0)) : x;
  }
  at::Tensor of_target(const at::Tensor& x) const { return x.index_select(0, target_); }
  /// The largest score of each target, -infinity without edges.
  at::Tensor largest(const at::Tensor& scores) const {
    constexpr double kNone = -std::numeric_limits<double>::infinity();
    return at::segment_reduce(scores.detach(), "max", in_.edges.target_begin.diff(), {}, {}, 0, true, kNone);
  }

 private:
  at::Tensor rows(const at::Tensor& table) const {
    return in_.relation.type ? table.to(type_).index_select(0, in_.relation.type->to(at::kLong))
                             : table.to(type_);
  }
  static at::Tensor summed(const at::Tensor& x, const at::Tensor& to, int64_t rows) {
    auto sizes = x.sizes().vec();
    sizes[0] = rows;
    return at::zeros(sizes, x.options()).index_add(0, to, x);
  }

  const EdgeInputs& in_;
  at::ScalarType type_;
  at::Tensor source_, target_, query_, key_, value_, bias_, vector_;
};

at::Tensor softmax(const PerEdge& per_edge, const at::Tensor& scores, at::Tensor* logsumexp) {
  const auto largest = per_edge.largest(scores);
  const auto weights = at::exp(scores - per_edge.of_target(largest));
  const auto total = per_edge.by_target(weights);
  if (logsumexp) *logsumexp = (largest + at::log(total)).detach();
  return weights / per_edge.of_target(total);
}

}  // namespace

at::Tensor edge_reference_weights(const EdgeInputs& in) {
  const PerEdge per_edge(in);
  return softmax(per_edge, per_edge.scores(), nullptr);
}

Result edge_reference(const EdgeInputs& in) {
  const PerEdge per_edge(in);
  Result result;
  auto weights = softmax(per_edge, per_edge.scores(), &result.logsumexp);
  if (in.dropout.p > 0) weights = weights * edge_dropout_factors(in, weights.options());
  result.output = per_edge.by_target(weights.unsqueeze(2) * per_edge.value()).to(in.value.scalar_type());
  return result;
}

EdgeGradients edge_formula_backward(const at::Tensor& output_grad, const EdgeInputs& in) {
  const PerEdge per_edge(in);
  const auto scores = per_edge.scores(), weights = softmax(per_edge, scores, nullptr);
  const auto grad = per_edge.of_target(output_grad.to(per_edge.type()));
  auto used = weights, weight_grad = (grad * per_edge.value()).sum(2);
  if (in.dropout.p > 0) {
    const auto factors = edge_dropout_factors(in, weights.options());
    used = used * factors, weight_grad = weight_grad * factors;
  }
  const auto mean = per_edge.of_target(per_edge.by_target(weights * weight_grad));
  auto score_grad = (weights * (weight_grad - mean)).unsqueeze(2);
  const auto slope = [&](const at::Tensor& x) {
    return x.gt(0).to(x.scalar_type()) * (1 - in.slope) + in.slope;
  };
  if (in.score == kernels::EdgeScore::kGat) score_grad = score_grad * slope(scores).unsqueeze(2);

  at::Tensor query_grad = score_grad, key_grad = score_grad;  // of each edge
  EdgeGradients result;
  if (in.score == kernels::EdgeScore::kDot) {
    query_grad = score_grad * in.scale * per_edge.key(), key_grad = score_grad * in.scale * per_edge.query();
  } else if (in.score == kernels::EdgeScore::kGatV2) {
    const auto inside = per_edge.inside();
    query_grad = key_grad = score_grad * per_edge.vector() * slope(inside);
    result.vector = (score_grad * per_edge.leaky(inside)).sum(0).to(in.vector->scalar_type());
  }
  const auto value_grad = used.unsqueeze(2) * grad;
  result.query = per_edge.by_target(query_grad).to(in.query.scalar_type());
  result.key = per_edge.by_source(key_grad).to(in.key.scalar_type());
  result.value = per_edge.by_source(value_grad).to(in.value.scalar_type());
  const EdgeRelation& r = in.relation;
  if (r.key) result.relation_key = per_edge.by_row(key_grad, *r.key);
  if (r.value) result.relation_value = per_edge.by_row(value_grad, *r.value);
  if (r.bias) result.relation_bias = per_edge.by_row(score_grad.squeeze(2), *r.bias);
  return result;
}

}  // namespace heed::attention
