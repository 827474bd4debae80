// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/additive_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/init.h>

#include "heed/nn/activation.h"

namespace heed::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Number of hidden-layer values in memory at a time.
constexpr int64_t kSlice = 1 << 20;

/// Number of rows per slice, out of `count` rows of `numbers` values each.
int64_t rows_at_once(int64_t count, int64_t numbers) {
  return std::clamp<int64_t>(kSlice / std::max<int64_t>(1, numbers), 1, std::max<int64_t>(1, count));
}

/// Computes the scores in slices of target positions. All tensors have one dtype, float32 or float64.
struct ScoresFunction : torch::autograd::Function<ScoresFunction> {
  /// Returns tanh(query_t + key_s), [batch, count, source_length, width], for `count` target positions.
  static at::Tensor hidden_layer(const at::Tensor& query, const at::Tensor& key, int64_t begin,
                                 int64_t count) {
    return row_tanh(query.narrow(1, begin, count).unsqueeze(2) + key.unsqueeze(1));
  }

  /// Calls work(begin, count) for each slice.
  template <class Work>
  static void for_slices(const at::Tensor& query, const at::Tensor& key, const Work& work) {
    const int64_t length = query.size(1), some = rows_at_once(length, key.numel());
    for (int64_t begin = 0; begin < length; begin += some) work(begin, std::min(some, length - begin));
  }

  static at::Tensor forward(AutogradContext* context, const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& v) {
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    context->save_for_backward({query, key, v});
    const at::Tensor scores = at::empty({query.size(0), query.size(1), key.size(1)}, query.options());
    for_slices(query, key, [&](int64_t begin, int64_t count) {
      scores.narrow(1, begin, count).copy_(hidden_layer(query, key, begin, count).matmul(v));
    });
    return scores;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "[additive_scores] is differentiable once");
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    const auto saved = context->get_saved_variables();
    const at::Tensor &query = saved[0], &key = saved[1], &v = saved[2];
    const at::Tensor query_grad = at::empty_like(query), key_grad = at::zeros_like(key),
                     v_grad = at::zeros_like(v);
    for_slices(query, key, [&](int64_t begin, int64_t count) {
      const at::Tensor gradient = gradients[0].narrow(1, begin, count);  // [batch, count, source_length]
      const at::Tensor hidden = hidden_layer(query, key, begin, count);
      v_grad.add_(hidden.flatten(0, 2).t().mv(gradient.reshape({-1})));
      // tanh' = 1 - tanh^2; v is outside the sums.
      hidden.square_().neg_().add_(1).mul_(gradient.unsqueeze(3));
      query_grad.narrow(1, begin, count).copy_(hidden.sum(2));
      key_grad.add_(hidden.sum(1));
    });
    return {query_grad.mul_(v), key_grad.mul_(v), v_grad};
  }
};

bool takes_kernels(const at::Tensor& query, const Memory& memory) {
  return query.is_cpu() && query.scalar_type() == at::kFloat && memory.states.scalar_type() == at::kFloat &&
         !at::GradMode::is_enabled();
}

}  // namespace

at::Tensor additive_scores(const at::Tensor& query, const at::Tensor& key, const at::Tensor& v) {
  TORCH_CHECK(query.dim() == 3 && key.dim() == 3 && v.dim() == 1 && query.size(0) == key.size(0) &&
                  query.size(2) == v.size(0) && key.size(2) == v.size(0),
              "[additive_scores] query and key must be [batch, length, width] and v [width], got ",
              query.sizes(), ", ", key.sizes(), " and ", v.sizes());
  const auto dtype = c10::promoteTypes(query.scalar_type(), at::kFloat);
  return ScoresFunction::apply(query.to(dtype), key.to(dtype), v.to(dtype));
}

AdditiveAttentionImpl::AdditiveAttentionImpl(int64_t hidden, int64_t memory) : width_(memory) {
  query_ = register_module("query", Linear(hidden, memory));
  key_ = register_module("key", Linear(LinearOptions(memory, memory).bias(false)));
  torch::nn::init::zeros_(query_->bias);
  const double begin = 1 / std::sqrt(static_cast<double>(memory));
  length_ = register_parameter("length", at::full({1}, begin));
  direction_ = register_parameter("direction", at::empty({memory}));
  torch::nn::init::normal_(direction_, 0.0, begin);
}

at::Tensor AdditiveAttentionImpl::v() const {
  return direction_ * (length_ / direction_.norm());
}

at::Tensor AdditiveAttentionImpl::forward(const at::Tensor& hidden, const Memory& memory) {
  const at::Tensor query = query_->forward(hidden);
  if (takes_kernels(query, memory)) {
    MemoryIndex index(memory.lengths);
    const auto& seen = index.look_by_input(hidden.size(1));
    return attend_by_query(query.flatten(0, 1), remember(memory).states, seen, nullptr).view_as(query);
  }
  const at::Tensor position = at::arange(memory.states.size(1), memory.lengths.options());
  const at::Tensor beyond = position >= memory.lengths.view({-1, 1, 1});
  const at::Tensor weights = additive_scores(query, key_->forward(memory.states), v())
                                 .masked_fill(beyond, -std::numeric_limits<double>::infinity())
                                 .softmax(-1);
  return at::bmm(weights.to(memory.states.scalar_type()), memory.states);
}

Memory AdditiveAttentionImpl::remember(const Memory& memory) {
  return {at::cat({key_->forward(memory.states), memory.states}, 2), memory.lengths};
}

at::Tensor AdditiveAttentionImpl::step(const at::Tensor& hidden, const at::Tensor& remembered,
                                       const StepQueries& seen, at::Tensor* weights) {
  return attend_by_query(query_->forward(hidden), remembered, seen, weights);
}

/// query [queries, memory] -> [queries, memory]. In cached_attention the query is v, and the hidden layer of
/// each query has its keys.
at::Tensor AdditiveAttentionImpl::attend_by_query(const at::Tensor& query, const at::Tensor& remembered,
                                                  const StepQueries& seen, at::Tensor* weights) {
  const int64_t queries = query.size(0), positions = remembered.size(1);
  const at::Tensor output = at::empty({queries, width_}, query.options());
  if (weights != nullptr) *weights = at::empty({queries, 1, positions}, at::kFloat);
  const at::Tensor asked = v();
  const int64_t some = rows_at_once(queries, positions * width_);
  for (int64_t begin = 0; begin < queries; begin += some) {
    const int64_t count = std::min(some, queries - begin);
    std::vector<int32_t> inputs, own;
    std::vector<kernels::CachedQuery> each;
    for (int64_t i = 0; i < count; ++i) {
      const auto& one = seen.queries[static_cast<size_t>(begin + i)];
      inputs.push_back(seen.slots[static_cast<size_t>(one.row)]);
      own.push_back(static_cast<int32_t>(i));
      each.push_back({.row = own.back(), .first = 0, .count = one.count});
    }
    const at::Tensor taken = remembered.index_select(0, at::tensor(inputs, at::kInt).to(remembered.device()));
    const at::Tensor keys = row_tanh(taken.narrow(2, 0, width_) + query.narrow(0, begin, count).unsqueeze(1));
    // Keys and values of equal strides, as cached_attention requires.
    const at::Tensor both = at::cat({keys, taken.narrow(2, width_, width_)}, 2).transpose(0, 1);
    at::Tensor part;
    output.narrow(0, begin, count)
        .copy_(cached_attention(asked.expand({count, width_}),
                                {both.narrow(2, 0, width_), both.narrow(2, width_, width_)},
                                {.queries = each, .slots = own}, {.scale = 1}, weights ? &part : nullptr));
    if (weights != nullptr) weights->narrow(0, begin, count).copy_(part);
  }
  return output;
}

AttentionTrace AdditiveAttentionImpl::trace(const at::Tensor& hidden, const Memory& memory) {
  const int64_t batch = memory.states.size(0), length = memory.states.size(1);
  const at::Tensor scores = additive_scores(query_->forward(hidden), key_->forward(memory.states), v());
  attention::Spec spec;
  spec.pattern = attention::Dense{.causal = false};
  spec.score = attention::Dot{.scale = 1.0};
  spec.extents.key_lengths = memory.lengths;
  return {scores.unsqueeze(1), at::eye(length, scores.options()).expand({batch, 1, length, length}), spec};
}

}  // namespace heed::nn
