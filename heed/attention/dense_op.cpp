// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/dense_op.h"

#include <tuple>

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/autograd.h>
#include <torch/library.h>

#include "heed/attention/checks.h"
#include "heed/attention/fused_dense.h"
#include "heed/attention/tiled.h"

namespace heed::attention {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;
using Forward = std::tuple<Tensor, Tensor>;
using Gradients = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor>;

// What follows query, key and value in the schemas; HEED_GIVEN hands it on, in the same order.
#define HEED_OPTIONS                                                                                        \
  const OptionalTensor &relation_key, const OptionalTensor &relation_value,                                 \
      const OptionalTensor &key_lengths, const OptionalTensor &query_start, const OptionalTensor &segments, \
      bool causal, bool clip, std::optional<double> scale, double dropout, const OptionalTensor &seed,      \
      c10::string_view backend
#define HEED_GIVEN                                                                                      \
  relation_key, relation_value, key_lengths, query_start, segments, causal, clip, scale, dropout, seed, \
      backend

using ForwardSignature = Forward(const Tensor&, const Tensor&, const Tensor&, HEED_OPTIONS);
using BackwardSignature = Gradients(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                    const Tensor&, HEED_OPTIONS);

// ---- Kernels
// -----------------------------------------------------------------------------------------------------

/// Callers from Python come here without attend(): everything is checked (again).
DenseInputs gather_inputs(const Tensor& query, const Tensor& key, const Tensor& value, HEED_OPTIONS) {
  Spec spec;
  spec.pattern = Dense{.causal = causal};
  spec.score = Dot{.scale = scale};
  spec.extents = {key_lengths, query_start, segments};
  spec.dropout = {.p = dropout, .seed = seed.value_or(Tensor())};
  if (relation_key || relation_value) {
    spec.relation = Distance{.key = relation_key.value_or(Tensor()),
                             .value = relation_value,
                             .beyond = clip ? Beyond::kClip : Beyond::kNothing};
  }
  return check_inputs(query, key, value, spec);
}

/// kFused or kTiled; a backend asked for by name runs or says why not.
Backend resolve(const Tensor& query, c10::string_view backend) {
  Problem problem{.device = query.device(), .dtype = query.scalar_type()};
  problem.head_dim = query.size(3);
  const Support fused = supports(Backend::kFused, problem);
  if (backend == "auto") return fused.ok ? Backend::kFused : Backend::kTiled;
  if (backend == "tiled") return Backend::kTiled;
  TORCH_CHECK(backend == "fused", "[attention] backend must be auto, tiled or fused here, got ", backend);
  TORCH_CHECK(fused.ok, "[attention] backend fused cannot run: ", fused.reason);
  return Backend::kFused;
}

Forward forward_kernel(const Tensor& query, const Tensor& key, const Tensor& value, HEED_OPTIONS) {
  const auto in = gather_inputs(query, key, value, HEED_GIVEN);
  const bool fused = resolve(query, backend) == Backend::kFused;
  auto result = fused ? fused_forward(in) : tiled_forward(in, tiled_options(query.device()));
  return {result.output, result.logsumexp};
}

Gradients backward_kernel(const Tensor& output_grad, const Tensor& query, const Tensor& key,
                          const Tensor& value, const Tensor& output, const Tensor& logsumexp, HEED_OPTIONS) {
  const auto in = gather_inputs(query, key, value, HEED_GIVEN);
  const bool fused = resolve(query, backend) == Backend::kFused;
  auto grads = fused ? fused_backward(output_grad, in, output, logsumexp)
                     : tiled_backward(output_grad, in, logsumexp, tiled_options(query.device()));
  const auto present = [&](Tensor& grad, const OptionalTensor& table) {
    return grad.defined() ? grad.to(table->scalar_type()) : at::empty({0}, query.options());
  };
  return {grads.query, grads.key, grads.value, present(grads.relation_key, relation_key),
          present(grads.relation_value, relation_value)};
}

// ---- Shapes
// ------------------------------------------------------------------------------------------------------

Forward forward_meta(const Tensor& query, const Tensor&, const Tensor&, HEED_OPTIONS) {
  auto sizes = query.sym_sizes().slice(0, 3);
  const auto options = query.options().dtype(accumulation_type(query.scalar_type()));
  return {at::empty_like(query), at::empty_symint(sizes, options)};
}

Gradients backward_meta(const Tensor&, const Tensor& query, const Tensor& key, const Tensor& value,
                        const Tensor&, const Tensor&, HEED_OPTIONS) {
  const auto table = [&](const OptionalTensor& t) {
    return t ? at::empty_symint(t->sym_sizes(), t->options()) : at::empty({0}, query.options());
  };
  return {at::empty_like(query), at::empty_like(key), at::empty_like(value), table(relation_key),
          table(relation_value)};
}

// ---- Autograd
// ----------------------------------------------------------------------------------------------------

auto& forward_op() {
  static auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("heed::dense_attention", "").typed<ForwardSignature>();
  return op;
}

auto& backward_op() {
  static auto op = c10::Dispatcher::singleton()
                       .findSchemaOrThrow("heed::dense_attention_backward", "")
                       .typed<BackwardSignature>();
  return op;
}

using Context = torch::autograd::AutogradContext;
using List = torch::autograd::variable_list;

class DenseFunction : public torch::autograd::Function<DenseFunction> {
 public:
  static List forward(Context* context, const Tensor& query, const Tensor& key, const Tensor& value,
                      HEED_OPTIONS) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    auto [output, logsumexp] = forward_op().call(query, key, value, HEED_GIVEN);
    const auto or_none = [](const OptionalTensor& tensor) { return tensor.value_or(Tensor()); };
    context->save_for_backward({query, key, value, output, logsumexp, or_none(relation_key),
                                or_none(relation_value), or_none(key_lengths), or_none(query_start),
                                or_none(segments), or_none(seed)});
    context->saved_data["causal"] = causal;
    context->saved_data["clip"] = clip;
    context->saved_data["scale"] = scale;
    context->saved_data["dropout"] = dropout;
    context->saved_data["backend"] = std::string(backend);
    context->mark_non_differentiable({logsumexp});
    return {output, logsumexp};
  }

  static List backward(Context* context, List grads) {
    const auto saved = context->get_saved_variables();
    const auto optional = [&](size_t i) {
      return saved[i].defined() ? OptionalTensor(saved[i]) : std::nullopt;
    };
    auto& data = context->saved_data;
    if (!grads[0].defined()) return List(14);
    auto [query, key, value, relation_key, relation_value] =
        backward_op().call(grads[0], saved[0], saved[1], saved[2], saved[3], saved[4], optional(5),
                           optional(6), optional(7), optional(8), optional(9), data["causal"].toBool(),
                           data["clip"].toBool(), data["scale"].toOptional<double>(),
                           data["dropout"].toDouble(), optional(10), data["backend"].toStringRef());
    List list(14);
    list[0] = query, list[1] = key, list[2] = value;
    if (saved[5].defined()) list[3] = relation_key;
    if (saved[6].defined()) list[4] = relation_value;
    return list;
  }
};

Forward forward_autograd(const Tensor& query, const Tensor& key, const Tensor& value, HEED_OPTIONS) {
  auto results = DenseFunction::apply(query, key, value, HEED_GIVEN);
  return {results[0], results[1]};
}

/// The backward pass as a function whose own backward refuses: a gradient of a gradient must not be silently
/// wrong.
class DenseBackwardFunction : public torch::autograd::Function<DenseBackwardFunction> {
 public:
  static List forward(Context*, const Tensor& output_grad, const Tensor& query, const Tensor& key,
                      const Tensor& value, const Tensor& output, const Tensor& logsumexp, HEED_OPTIONS) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    auto [query_grad, key_grad, value_grad, relation_key_grad, relation_value_grad] =
        backward_op().call(output_grad, query, key, value, output, logsumexp, HEED_GIVEN);
    return {query_grad, key_grad, value_grad, relation_key_grad, relation_value_grad};
  }

  static List backward(Context*, const List&) {
    TORCH_CHECK(false,
                "[attention] dense_attention is differentiable once; use the reference backend for a double "
                "backward");
  }
};

Gradients backward_autograd(const Tensor& output_grad, const Tensor& query, const Tensor& key,
                            const Tensor& value, const Tensor& output, const Tensor& logsumexp,
                            HEED_OPTIONS) {
  auto grads = DenseBackwardFunction::apply(output_grad, query, key, value, output, logsumexp, HEED_GIVEN);
  return {grads[0], grads[1], grads[2], grads[3], grads[4]};
}

// ---- Autocast
// ----------------------------------------------------------------------------------------------------

template <at::DeviceType kDevice, c10::DispatchKey kKey>
Forward forward_autocast(const Tensor& query, const Tensor& key, const Tensor& value, HEED_OPTIONS) {
  c10::impl::ExcludeDispatchKeyGuard no_autocast(kKey);
  const auto dtype = at::autocast::get_autocast_dtype(kDevice);
  const auto cast = [&](const Tensor& tensor) { return at::autocast::cached_cast(dtype, tensor, kDevice); };
  const auto cast_table = [&](const OptionalTensor& table) {
    return table ? OptionalTensor(cast(*table)) : table;
  };
  return forward_op().call(cast(query), cast(key), cast(value), cast_table(relation_key),
                           cast_table(relation_value), key_lengths, query_start, segments, causal, clip,
                           scale, dropout, seed, backend);
}

}  // namespace

Result dense_attention(const DenseInputs& in, Backend backend) {
  const OptionalTensor seed = in.dropout.p > 0 ? OptionalTensor(in.dropout.seed) : std::nullopt;
  auto [output, logsumexp] =
      forward_op().call(in.query, in.key, in.value, in.relation_key, in.relation_value,
                        in.extents.key_lengths, in.extents.query_start, in.extents.segments, in.causal,
                        in.clip, in.scale, in.dropout.p, seed, backend_name(backend));
  return {output, logsumexp};
}

TORCH_LIBRARY_FRAGMENT(heed, library) {
  const std::string options =
      "Tensor? relation_key=None, Tensor? relation_value=None, Tensor? key_lengths=None, "
      "Tensor? query_start=None, Tensor? segments=None, bool causal=False, bool clip=True, float? "
      "scale=None, "
      "float dropout=0., Tensor? seed=None, str backend=\"auto\")";
  const std::string forward = "dense_attention(Tensor query, Tensor key, Tensor value, *, " + options +
                              " -> (Tensor output, Tensor logsumexp)";
  const std::string backward =
      "dense_attention_backward(Tensor output_grad, Tensor query, Tensor key, Tensor value, Tensor output, "
      "Tensor logsumexp, *, " +
      options +
      " -> (Tensor query_grad, Tensor key_grad, Tensor value_grad, Tensor relation_key_grad, "
      "Tensor relation_value_grad)";
  library.def(forward.c_str());
  library.def(backward.c_str());
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

TORCH_LIBRARY_IMPL(heed, AutocastCPU, library) {
  library.impl("dense_attention", TORCH_FN((forward_autocast<at::kCPU, c10::DispatchKey::AutocastCPU>)));
}

TORCH_LIBRARY_IMPL(heed, AutocastCUDA, library) {
  library.impl("dense_attention", TORCH_FN((forward_autocast<at::kCUDA, c10::DispatchKey::AutocastCUDA>)));
}

#undef HEED_OPTIONS
#undef HEED_GIVEN

}  // namespace heed::attention
