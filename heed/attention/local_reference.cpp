// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/local_reference.h"

#include <limits>

#include <ATen/ATen.h>
#include <torch/autograd.h>

#include "heed/attention/checks.h"
#include "heed/attention/dropout.h"

namespace heed::attention {
namespace {

/// The table's row for every pair, clamped, [1, 1, rows, length]; `inside` is true for the unclamped ones.
at::Tensor rows_of_pairs(const LocalInputs& in, const at::Tensor& distance, int64_t rows,
                         at::Tensor* inside) {
  const auto row = (distance + local_zero_row(in.pattern, rows)).unsqueeze(0).unsqueeze(0);
  *inside = row.ge(0).logical_and(row.lt(rows));
  return row.clamp(0, rows - 1);
}

at::Tensor relation_scores(const LocalInputs& in, const at::Tensor& query, const at::Tensor& distance) {
  const auto table = in.relation_key->to(query.scalar_type());
  at::Tensor inside;
  const auto row = rows_of_pairs(in, distance, table.size(1), &inside);
  const auto scores = at::matmul(query, table.transpose(-1, -2))
                          .gather(3, row.expand({query.size(0), query.size(1), -1, -1}));
  return in.clip ? scores : scores.masked_fill(inside.logical_not(), 0);
}

at::Tensor relation_output(const LocalInputs& in, const at::Tensor& weights, const at::Tensor& distance) {
  const auto table = in.relation_value->to(weights.scalar_type());
  at::Tensor inside;
  const auto row = rows_of_pairs(in, distance, table.size(1), &inside);
  const auto kept = in.clip ? weights : weights.masked_fill(inside.logical_not(), 0);
  auto sizes = weights.sizes().vec();
  sizes.back() = table.size(1);
  const auto by_row = at::zeros(sizes, weights.options()).scatter_add(3, row.expand_as(weights), kept);
  return at::matmul(by_row, table);
}

at::Tensor all_rows(const LocalInputs& in) {
  return at::arange(in.query.size(2), in.query.options().dtype(at::kLong));
}

/// With the strides that operators promise.
at::Tensor laid_out_like(const at::Tensor& model, const at::Tensor& result) {
  return at::empty_like(model).copy_(result);
}

/// Turns the inputs into leaves that require gradients, and lists them.
std::vector<at::Tensor> make_leaves(LocalInputs& in) {
  std::vector<at::Tensor> leaves;
  const auto add = [&](at::Tensor& tensor) {
    tensor = tensor.detach().requires_grad_();
    leaves.push_back(tensor);
  };
  for (auto* tensor : {&in.query, &in.key, &in.value}) add(*tensor);
  for (auto* table : {&in.relation_key, &in.relation_value}) {
    if (*table) add(**table);
  }
  return leaves;
}

}  // namespace

at::Tensor local_reference_weights(const LocalInputs& in, const at::Tensor& rows, at::Tensor* logsumexp) {
  const auto type = accumulation_type(in.query.scalar_type());
  const auto query = in.query.to(type) * in.scale;
  const LocalPairs pairs = local_pairs(in.pattern, rows, in.key.size(2));
  auto scores = at::matmul(query, in.key.to(type).transpose(-1, -2));
  if (in.relation_key) scores = scores + relation_scores(in, query, pairs.distance);
  scores = scores.masked_fill(pairs.keep.logical_not(), -std::numeric_limits<double>::infinity());
  if (logsumexp) *logsumexp = at::logsumexp(scores.detach(), -1);
  return at::softmax(scores, -1);
}

Result local_reference(const LocalInputs& in) {
  const auto type = accumulation_type(in.query.scalar_type());
  const auto rows = all_rows(in);
  Result result;
  auto weights = local_reference_weights(in, rows, &result.logsumexp);
  const auto factors =
      dropout_factors(in.dropout, in.query.size(0), in.query.size(1), rows, rows, weights.options());
  if (factors.defined()) weights = weights * factors;
  auto output = at::matmul(weights, in.value.to(type));
  if (in.relation_value) {
    output = output + relation_output(in, weights, local_pairs(in.pattern, rows, in.key.size(2)).distance);
  }
  result.output = output.to(in.query.scalar_type());
  return result;
}

Result local_reference_forward(const LocalInputs& in) {
  const Result result = local_reference(in);
  return {laid_out_like(in.query, result.output), result.logsumexp};
}

LocalGradients local_reference_backward(const at::Tensor& output_grad, LocalInputs in) {
  // The kernel runs below autograd, whose dispatch keys are excluded: include them again.
  auto keys = c10::impl::tls_local_dispatch_key_set();
  keys.excluded_ = keys.excluded_ - c10::autograd_dispatch_keyset;
  c10::impl::ForceDispatchKeyGuard with_autograd(keys);
  at::AutoGradMode grad_mode(true);
  const auto leaves = make_leaves(in);
  const auto grads = torch::autograd::grad({local_reference(in).output}, leaves, {output_grad});
  LocalGradients result{laid_out_like(in.query.detach(), grads[0]), laid_out_like(in.key.detach(), grads[1]),
                        laid_out_like(in.value.detach(), grads[2])};
  if (in.relation_key) result.relation_key = grads[3].contiguous();
  if (in.relation_value) result.relation_value = grads.back().contiguous();
  return result;
}

}  // namespace heed::attention
