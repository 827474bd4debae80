// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/dense_op.h"

#include <tuple>

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/autograd.h>
#include <torch/library.h>

#include "heed/attention/tiled.h"

namespace heed::attention {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;
using Forward = std::tuple<Tensor, Tensor>;
using Gradients = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor>;

// ---- Kernels
// -----------------------------------------------------------------------------------------------------

DenseInputs gather_inputs(const Tensor& query, const Tensor& key, const Tensor& value,
                          const OptionalTensor& relation_key, const OptionalTensor& relation_value,
                          const OptionalTensor& key_lengths, const OptionalTensor& query_start,
                          const OptionalTensor& segments, bool causal, bool clip, double scale) {
  return {.query = query,
          .key = key,
          .value = value,
          .relation_key = relation_key,
          .relation_value = relation_value,
          .extents = {key_lengths, query_start, segments},
          .causal = causal,
          .clip = clip,
          .scale = scale};
}

Forward forward_kernel(const Tensor& query, const Tensor& key, const Tensor& value,
                       const OptionalTensor& relation_key, const OptionalTensor& relation_value,
                       const OptionalTensor& key_lengths, const OptionalTensor& query_start,
                       const OptionalTensor& segments, bool causal, bool clip, double scale) {
  const auto inputs = gather_inputs(query, key, value, relation_key, relation_value, key_lengths, query_start,
                                    segments, causal, clip, scale);
  auto result = tiled_forward(inputs, tiled_options(query.device()));
  return {result.output, result.logsumexp};
}

Gradients backward_kernel(const Tensor& output_grad, const Tensor& query, const Tensor& key,
                          const Tensor& value, const Tensor&, const Tensor& logsumexp,
                          const OptionalTensor& relation_key, const OptionalTensor& relation_value,
                          const OptionalTensor& key_lengths, const OptionalTensor& query_start,
                          const OptionalTensor& segments, bool causal, bool clip, double scale) {
  const auto inputs = gather_inputs(query, key, value, relation_key, relation_value, key_lengths, query_start,
                                    segments, causal, clip, scale);
  auto grads = tiled_backward(output_grad, inputs, logsumexp, tiled_options(query.device()));
  const auto present = [&](Tensor& grad) { return grad.defined() ? grad : at::empty({0}, query.options()); };
  return {grads.query, grads.key, grads.value, present(grads.relation_key), present(grads.relation_value)};
}

// ---- Shapes
// ------------------------------------------------------------------------------------------------------

Forward forward_meta(const Tensor& query, const Tensor&, const Tensor&, const OptionalTensor&,
                     const OptionalTensor&, const OptionalTensor&, const OptionalTensor&,
                     const OptionalTensor&, bool, bool, double) {
  auto sizes = query.sym_sizes().slice(0, 3);
  const auto options = query.options().dtype(accumulation_type(query.scalar_type()));
  return {at::empty_like(query), at::empty_symint(sizes, options)};
}

Gradients backward_meta(const Tensor&, const Tensor& query, const Tensor& key, const Tensor& value,
                        const Tensor&, const Tensor&, const OptionalTensor& relation_key,
                        const OptionalTensor& relation_value, const OptionalTensor&, const OptionalTensor&,
                        const OptionalTensor&, bool, bool, double) {
  const auto table = [&](const OptionalTensor& t) {
    return t ? at::empty_symint(t->sym_sizes(), t->options()) : at::empty({0}, query.options());
  };
  return {at::empty_like(query), at::empty_like(key), at::empty_like(value), table(relation_key),
          table(relation_value)};
}

// ---- Autograd
// ----------------------------------------------------------------------------------------------------

auto& forward_op() {
  static auto op = c10::Dispatcher::singleton()
                       .findSchemaOrThrow("heed::dense_attention", "")
                       .typed<decltype(forward_kernel)>();
  return op;
}

auto& backward_op() {
  static auto op = c10::Dispatcher::singleton()
                       .findSchemaOrThrow("heed::dense_attention_backward", "")
                       .typed<decltype(backward_kernel)>();
  return op;
}

class DenseFunction : public torch::autograd::Function<DenseFunction> {
 public:
  using Context = torch::autograd::AutogradContext;
  using List = torch::autograd::variable_list;

  static List forward(Context* context, const Tensor& query, const Tensor& key, const Tensor& value,
                      const OptionalTensor& relation_key, const OptionalTensor& relation_value,
                      const OptionalTensor& key_lengths, const OptionalTensor& query_start,
                      const OptionalTensor& segments, bool causal, bool clip, double scale) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    auto [output, logsumexp] = forward_op().call(query, key, value, relation_key, relation_value, key_lengths,
                                                 query_start, segments, causal, clip, scale);
    context->save_for_backward({query, key, value, output, logsumexp, relation_key.value_or(Tensor()),
                                relation_value.value_or(Tensor()), key_lengths.value_or(Tensor()),
                                query_start.value_or(Tensor()), segments.value_or(Tensor())});
    context->saved_data["causal"] = causal;
    context->saved_data["clip"] = clip;
    context->saved_data["scale"] = scale;
    context->mark_non_differentiable({logsumexp});
    return {output, logsumexp};
  }

  static List backward(Context* context, List grads) {
    const auto saved = context->get_saved_variables();
    const auto optional = [&](size_t i) {
      return saved[i].defined() ? OptionalTensor(saved[i]) : std::nullopt;
    };
    if (!grads[0].defined()) return List(11);
    auto [query, key, value, relation_key, relation_value] = backward_op().call(
        grads[0], saved[0], saved[1], saved[2], saved[3], saved[4], optional(5), optional(6), optional(7),
        optional(8), optional(9), context->saved_data["causal"].toBool(),
        context->saved_data["clip"].toBool(), context->saved_data["scale"].toDouble());
    const auto present = [&](size_t i, const Tensor& grad) { return saved[i].defined() ? grad : Tensor(); };
    return {query, key, value, present(5, relation_key), present(6, relation_value), {}, {}, {}, {}, {}, {}};
  }
};

Forward forward_autograd(const Tensor& query, const Tensor& key, const Tensor& value,
                         const OptionalTensor& relation_key, const OptionalTensor& relation_value,
                         const OptionalTensor& key_lengths, const OptionalTensor& query_start,
                         const OptionalTensor& segments, bool causal, bool clip, double scale) {
  auto results = DenseFunction::apply(query, key, value, relation_key, relation_value, key_lengths,
                                      query_start, segments, causal, clip, scale);
  return {results[0], results[1]};
}

/// The backward pass as a function whose own backward refuses: a gradient of a gradient must not be silently
/// wrong.
class DenseBackwardFunction : public torch::autograd::Function<DenseBackwardFunction> {
 public:
  using List = torch::autograd::variable_list;

  static List forward(torch::autograd::AutogradContext*, const Tensor& output_grad, const Tensor& query,
                      const Tensor& key, const Tensor& value, const Tensor& output, const Tensor& logsumexp,
                      const OptionalTensor& relation_key, const OptionalTensor& relation_value,
                      const OptionalTensor& key_lengths, const OptionalTensor& query_start,
                      const OptionalTensor& segments, bool causal, bool clip, double scale) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    auto [query_grad, key_grad, value_grad, relation_key_grad, relation_value_grad] =
        backward_op().call(output_grad, query, key, value, output, logsumexp, relation_key, relation_value,
                           key_lengths, query_start, segments, causal, clip, scale);
    return {query_grad, key_grad, value_grad, relation_key_grad, relation_value_grad};
  }

  static List backward(torch::autograd::AutogradContext*, const List&) {
    TORCH_CHECK(false,
                "[attention] dense_attention is differentiable once; use the reference backend for a double "
                "backward");
  }
};

Gradients backward_autograd(const Tensor& output_grad, const Tensor& query, const Tensor& key,
                            const Tensor& value, const Tensor& output, const Tensor& logsumexp,
                            const OptionalTensor& relation_key, const OptionalTensor& relation_value,
                            const OptionalTensor& key_lengths, const OptionalTensor& query_start,
                            const OptionalTensor& segments, bool causal, bool clip, double scale) {
  auto grads =
      DenseBackwardFunction::apply(output_grad, query, key, value, output, logsumexp, relation_key,
                                   relation_value, key_lengths, query_start, segments, causal, clip, scale);
  return {grads[0], grads[1], grads[2], grads[3], grads[4]};
}

}  // namespace

Result dense_attention(const DenseInputs& in) {
  auto [output, logsumexp] = forward_op().call(in.query, in.key, in.value, in.relation_key, in.relation_value,
                                               in.extents.key_lengths, in.extents.query_start,
                                               in.extents.segments, in.causal, in.clip, in.scale);
  return {output, logsumexp};
}

TORCH_LIBRARY_FRAGMENT(heed, library) {
  library.def(
      "dense_attention(Tensor query, Tensor key, Tensor value, Tensor? relation_key, Tensor? relation_value, "
      "Tensor? key_lengths, Tensor? query_start, Tensor? segments, bool causal, bool clip, float scale) "
      "-> (Tensor output, Tensor logsumexp)");
  library.def(
      "dense_attention_backward(Tensor output_grad, Tensor query, Tensor key, Tensor value, Tensor output, "
      "Tensor logsumexp, Tensor? relation_key, Tensor? relation_value, Tensor? key_lengths, Tensor? "
      "query_start, "
      "Tensor? segments, bool causal, bool clip, float scale) "
      "-> (Tensor query_grad, Tensor key_grad, Tensor value_grad, Tensor relation_key_grad, "
      "Tensor relation_value_grad)");
}

TORCH_LIBRARY_IMPL(heed, CompositeExplicitAutograd, library) {
  library.impl("dense_attention", TORCH_FN(forward_kernel));
  library.impl("dense_attention_backward", TORCH_FN(backward_kernel));
}

TORCH_LIBRARY_IMPL(heed, Meta, library) {
  library.impl("dense_attention", TORCH_FN(forward_meta));
  library.impl("dense_attention_backward", TORCH_FN(backward_meta));
}

TORCH_LIBRARY_IMPL(heed, Autograd, library) {
  library.impl("dense_attention", TORCH_FN(forward_autograd));
  library.impl("dense_attention_backward", TORCH_FN(backward_autograd));
}

}  // namespace heed::attention
