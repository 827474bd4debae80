// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/local_op.h"

#include <tuple>

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/autograd.h>
#include <torch/library.h>

#include "heed/attention/dense.h"
#include "heed/attention/fused_local.h"
#include "heed/attention/local_reference.h"

namespace heed::attention {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;
using Forward = std::tuple<Tensor, Tensor>;
using Gradients = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor>;

// What follows query, key and value in the schemas; HEED_GIVEN hands it on, in the same order.
#define HEED_OPTIONS                                                                               \
  at::IntArrayRef block, const OptionalTensor &relation_key, const OptionalTensor &relation_value, \
      bool clip, std::optional<double> scale, double dropout, const OptionalTensor &seed
#define HEED_GIVEN block, relation_key, relation_value, clip, scale, dropout, seed

using ForwardSignature = Forward(const Tensor&, const Tensor&, const Tensor&, HEED_OPTIONS);
using BackwardSignature = Gradients(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                    const Tensor&, HEED_OPTIONS);

// ---- Kernels
// -----------------------------------------------------------------------------------------------------

Pattern parse_block(at::IntArrayRef block) {
  if (block.size() == 2) return Local1d{.query_block = block[0], .memory_before = block[1]};
  TORCH_CHECK(block.size() == 6,
              "[local_attention] block must be [query_block, memory_before] or [height, width, channels, "
              "query_height, query_width, flange], got ",
              block);
  return Local2d{block[0], block[1], block[2], block[3], block[4], block[5]};
}

LocalInputs gather_inputs(const Tensor& query, const Tensor& key, const Tensor& value, HEED_OPTIONS) {
  Spec spec;
  spec.pattern = parse_block(block);
  spec.score = Dot{.scale = scale};
  spec.dropout = {.p = dropout, .seed = seed.value_or(Tensor())};
  if (relation_key || relation_value) {
    spec.relation = Distance{.key = relation_key.value_or(Tensor()),
                             .value = relation_value,
                             .beyond = clip ? Beyond::kClip : Beyond::kNothing};
  }
  return check_local_inputs(query, key, value, spec);
}

Support fused_runs(const Tensor& query) {
  Problem problem{.family = Family::kLocal, .device = query.device(), .dtype = query.scalar_type()};
  problem.head_dim = query.dim() == 4 ? query.size(3) : 1;
  return supports(Backend::kFused, problem);
}

/// With the strides that the shape functions below promise.
Tensor laid_out_like(const Tensor& model, const Tensor& result) {
  return at::empty_like(model).copy_(result);
}

Result reference_forward(const LocalInputs& in) {
  const Result result = local_reference(in);
  return {laid_out_like(in.query, result.output), result.logsumexp};
}

/// The reference once more, with a graph, and back through it. Dispatch below autograd left its keys out;
/// here they come back.
BlockResultGradients reference_backward(const Tensor& output_grad, LocalInputs in) {
  auto keys = c10::impl::tls_local_dispatch_key_set();
  keys.excluded_ = keys.excluded_ - c10::autograd_dispatch_keyset;
  c10::impl::ForceDispatchKeyGuard with_autograd(keys);
  at::AutoGradMode grad_mode(true);
  std::vector<Tensor> leaves;
  const auto leaf = [&](Tensor& tensor) {
    tensor = tensor.detach().requires_grad_();
    leaves.push_back(tensor);
  };
  for (auto* tensor : {&in.query, &in.key, &in.value}) leaf(*tensor);
  for (auto* table : {&in.relation_key, &in.relation_value}) {
    if (*table) leaf(**table);
  }
  const auto grads = torch::autograd::grad({local_reference(in).output}, leaves, {output_grad});
  BlockResultGradients result{laid_out_like(in.query.detach(), grads[0]),
                              laid_out_like(in.key.detach(), grads[1]),
                              laid_out_like(in.value.detach(), grads[2])};
  if (in.relation_key) result.relation_key = grads[3].contiguous();
  if (in.relation_value) result.relation_value = grads.back().contiguous();
  return result;
}

Forward forward_kernel(const Tensor& query, const Tensor& key, const Tensor& value, HEED_OPTIONS) {
  const auto in = gather_inputs(query, key, value, HEED_GIVEN);
  const Result result = fused_runs(query).ok ? fused_local_forward(in) : reference_forward(in);
  return {result.output, result.logsumexp};
}

Gradients backward_kernel(const Tensor& output_grad, const Tensor& query, const Tensor& key,
                          const Tensor& value, const Tensor& output, const Tensor& logsumexp, HEED_OPTIONS) {
  const auto in = gather_inputs(query, key, value, HEED_GIVEN);
  const auto grads = fused_runs(query).ok ? fused_local_backward(output_grad, in, output, logsumexp)
                                          : reference_backward(output_grad, in);
  const auto present = [&](const Tensor& grad, const OptionalTensor& table) {
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
      c10::Dispatcher::singleton().findSchemaOrThrow("heed::local_attention", "").typed<ForwardSignature>();
  return op;
}

auto& backward_op() {
  static auto op = c10::Dispatcher::singleton()
                       .findSchemaOrThrow("heed::local_attention_backward", "")
                       .typed<BackwardSignature>();
  return op;
}

using Context = torch::autograd::AutogradContext;
using List = torch::autograd::variable_list;

class LocalFunction : public torch::autograd::Function<LocalFunction> {
 public:
  static List forward(Context* context, const Tensor& query, const Tensor& key, const Tensor& value,
                      HEED_OPTIONS) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    auto [output, logsumexp] = forward_op().call(query, key, value, HEED_GIVEN);
    context->save_for_backward({query, key, value, output, logsumexp, relation_key.value_or(Tensor()),
                                relation_value.value_or(Tensor()), seed.value_or(Tensor())});
    context->saved_data["block"] = block.vec();
    context->saved_data["clip"] = clip;
    context->saved_data["scale"] = scale;
    context->saved_data["dropout"] = dropout;
    context->mark_non_differentiable({logsumexp});
    return {output, logsumexp};
  }

  static List backward(Context* context, List grads) {
    const auto saved = context->get_saved_variables();
    const auto optional = [&](size_t i) {
      return saved[i].defined() ? OptionalTensor(saved[i]) : std::nullopt;
    };
    List list(10);
    if (!grads[0].defined()) return list;
    auto& data = context->saved_data;
    auto [query, key, value, relation_key, relation_value] =
        backward_op().call(grads[0], saved[0], saved[1], saved[2], saved[3], saved[4],
                           data["block"].toIntVector(), optional(5), optional(6), data["clip"].toBool(),
                           data["scale"].toOptional<double>(), data["dropout"].toDouble(), optional(7));
    list[0] = query, list[1] = key, list[2] = value;
    if (saved[5].defined()) list[4] = relation_key;
    if (saved[6].defined()) list[5] = relation_value;
    return list;
  }
};

Forward forward_autograd(const Tensor& query, const Tensor& key, const Tensor& value, HEED_OPTIONS) {
  auto results = LocalFunction::apply(query, key, value, HEED_GIVEN);
  return {results[0], results[1]};
}

class LocalBackwardFunction : public torch::autograd::Function<LocalBackwardFunction> {
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
                "[local_attention] is differentiable once; use the reference backend for a double backward");
  }
};

Gradients backward_autograd(const Tensor& output_grad, const Tensor& query, const Tensor& key,
                            const Tensor& value, const Tensor& output, const Tensor& logsumexp,
                            HEED_OPTIONS) {
  auto grads = LocalBackwardFunction::apply(output_grad, query, key, value, output, logsumexp, HEED_GIVEN);
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
  return forward_op().call(cast(query), cast(key), cast(value), block, cast_table(relation_key),
                           cast_table(relation_value), clip, scale, dropout, seed);
}

std::vector<int64_t> block_of(const LocalPattern& pattern) {
  if (const auto* line = std::get_if<Local1d>(&pattern)) return {line->query_block, line->memory_before};
  const auto& p = std::get<Local2d>(pattern);
  return {p.height, p.width, p.channels, p.query_height, p.query_width, p.flange};
}

}  // namespace

Result local_attention(const LocalInputs& in) {
  const OptionalTensor seed = in.dropout.p > 0 ? OptionalTensor(in.dropout.seed) : std::nullopt;
  auto [output, logsumexp] =
      forward_op().call(in.query, in.key, in.value, block_of(in.pattern), in.relation_key, in.relation_value,
                        in.clip, in.scale, in.dropout.p, seed);
  return {output, logsumexp};
}

TORCH_LIBRARY_FRAGMENT(heed, library) {
  const std::string options =
      "int[] block, *, Tensor? relation_key=None, Tensor? relation_value=None, bool clip=True, float? "
      "scale=None, "
      "float dropout=0., Tensor? seed=None)";
  const std::string forward = "local_attention(Tensor query, Tensor key, Tensor value, " + options +
                              " -> (Tensor output, Tensor logsumexp)";
  const std::string backward =
      "local_attention_backward(Tensor output_grad, Tensor query, Tensor key, Tensor value, Tensor output, "
      "Tensor logsumexp, " +
      options +
      " -> (Tensor query_grad, Tensor key_grad, Tensor value_grad, Tensor relation_key_grad, "
      "Tensor relation_value_grad)";
  library.def(forward.c_str());
  library.def(backward.c_str());
}

TORCH_LIBRARY_IMPL(heed, CompositeExplicitAutograd, library) {
  library.impl("local_attention", TORCH_FN(forward_kernel));
  library.impl("local_attention_backward", TORCH_FN(backward_kernel));
}

TORCH_LIBRARY_IMPL(heed, Meta, library) {
  library.impl("local_attention", TORCH_FN(forward_meta));
  library.impl("local_attention_backward", TORCH_FN(backward_meta));
}

TORCH_LIBRARY_IMPL(heed, Autograd, library) {
  library.impl("local_attention", TORCH_FN(forward_autograd));
  library.impl("local_attention_backward", TORCH_FN(backward_autograd));
}

TORCH_LIBRARY_IMPL(heed, AutocastCPU, library) {
  library.impl("local_attention", TORCH_FN((forward_autocast<at::kCPU, c10::DispatchKey::AutocastCPU>)));
}

TORCH_LIBRARY_IMPL(heed, AutocastCUDA, library) {
  library.impl("local_attention", TORCH_FN((forward_autocast<at::kCUDA, c10::DispatchKey::AutocastCUDA>)));
}

#undef HEED_OPTIONS
#undef HEED_GIVEN

}  // namespace heed::attention
