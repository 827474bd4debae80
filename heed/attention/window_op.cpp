// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/window_op.h"

#include <tuple>

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/autograd.h>
#include <torch/library.h>

#include "heed/attention/dense.h"
#include "heed/attention/window_formula.h"
#include "heed/attention/window_fused.h"

namespace heed::attention {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;
using Forward = std::tuple<Tensor, Tensor>;
using Gradients = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor>;

// ---- Kernels

WindowInputs gather_inputs(const Tensor& query, const Tensor& key, const Tensor& value,
                           const OptionalTensor& row, const OptionalTensor& column, int64_t height,
                           int64_t width, int64_t size, int64_t stride, bool zero_border, double scale,
                           double dropout, const OptionalTensor& seed) {
  const Border border = zero_border ? Border::kZero : Border::kMasked;
  WindowInputs in{query, key, value, row, column, {height, width, size, stride, border}, scale};
  in.dropout = {dropout, seed.value_or(Tensor())};
  check_window_inputs(in);
  return in;
}

void check_results(const WindowInputs& in, const Tensor& output_grad, const Tensor& output,
                   const Tensor& logsumexp) {
  for (const auto* tensor : {&output_grad, &output}) {
    TORCH_CHECK(tensor->sym_sizes() == in.query.sym_sizes() &&
                    tensor->scalar_type() == in.query.scalar_type() && tensor->device() == in.query.device(),
                "[window_attention] output and its gradient must be like query ", in.query.sizes(), ", got ",
                tensor->sizes());
  }
  TORCH_CHECK(logsumexp.sym_sizes() == in.query.sym_sizes().slice(0, 3) &&
                  logsumexp.scalar_type() == accumulation_type(in.query.scalar_type()) &&
                  logsumexp.device() == in.query.device(),
              "[window_attention] logsumexp must be [batch, heads, queries], got ", logsumexp.sizes());
}

Gradients as_tuple(WindowGradientTensors grads, const WindowInputs& in) {
  const auto present = [&](const Tensor& grad) {
    return grad.defined() ? grad : at::empty({0}, in.query.options());
  };
  return {grads.query, grads.key, grads.value, present(grads.row), present(grads.column)};
}

Forward forward_kernel(const Tensor& query, const Tensor& key, const Tensor& value, const OptionalTensor& row,
                       const OptionalTensor& column, int64_t height, int64_t width, int64_t size,
                       int64_t stride, bool zero_border, double scale, double dropout,
                       const OptionalTensor& seed) {
  const auto in = gather_inputs(query, key, value, row, column, height, width, size, stride, zero_border,
                                scale, dropout, seed);
  const Result result = fused_window_runs(in) ? fused_window_forward(in) : formula_window_forward(in);
  return {result.output, result.logsumexp};
}

Gradients backward_kernel(const Tensor& output_grad, const Tensor& query, const Tensor& key,
                          const Tensor& value, const Tensor& output, const Tensor& logsumexp,
                          const OptionalTensor& row, const OptionalTensor& column, int64_t height,
                          int64_t width, int64_t size, int64_t stride, bool zero_border, double scale,
                          double dropout, const OptionalTensor& seed) {
  const auto in = gather_inputs(query, key, value, row, column, height, width, size, stride, zero_border,
                                scale, dropout, seed);
  check_results(in, output_grad, output, logsumexp);
  return as_tuple(fused_window_runs(in) ? fused_window_backward(output_grad, in, output, logsumexp)
                                        : formula_window_backward(output_grad, in, output, logsumexp),
                  in);
}

// ---- Shapes

Forward forward_meta(const Tensor& query, const Tensor&, const Tensor&, const OptionalTensor&,
                     const OptionalTensor&, int64_t, int64_t, int64_t, int64_t, bool, double, double,
                     const OptionalTensor&) {
  auto sizes = query.sym_sizes().slice(0, 3);
  return {at::empty_like(query),
          at::empty_symint(sizes, query.options().dtype(accumulation_type(query.scalar_type())))};
}

Gradients backward_meta(const Tensor&, const Tensor& query, const Tensor& key, const Tensor& value,
                        const Tensor&, const Tensor&, const OptionalTensor& row, const OptionalTensor& column,
                        int64_t, int64_t, int64_t, int64_t, bool, double, double, const OptionalTensor&) {
  const auto table = [&](const OptionalTensor& t) {
    return t ? at::empty_symint(t->sym_sizes(), t->options()) : at::empty({0}, query.options());
  };
  return {at::empty_like(query), at::empty_like(key), at::empty_like(value), table(row), table(column)};
}

// ---- Autograd

auto& forward_op() {
  static auto op = c10::Dispatcher::singleton()
                       .findSchemaOrThrow("heed::window_attention", "")
                       .typed<decltype(forward_kernel)>();
  return op;
}

auto& backward_op() {
  static auto op = c10::Dispatcher::singleton()
                       .findSchemaOrThrow("heed::window_attention_backward", "")
                       .typed<decltype(backward_kernel)>();
  return op;
}

class WindowFunction : public torch::autograd::Function<WindowFunction> {
 public:
  using Context = torch::autograd::AutogradContext;
  using List = torch::autograd::variable_list;

  static List forward(Context* context, const Tensor& query, const Tensor& key, const Tensor& value,
                      const OptionalTensor& row, const OptionalTensor& column, int64_t height, int64_t width,
                      int64_t size, int64_t stride, bool zero_border, double scale, double dropout,
                      const OptionalTensor& seed) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    auto [output, logsumexp] = forward_op().call(query, key, value, row, column, height, width, size, stride,
                                                 zero_border, scale, dropout, seed);
    context->save_for_backward({query, key, value, output, logsumexp, row.value_or(Tensor()),
                                column.value_or(Tensor()), seed.value_or(Tensor())});
    context->saved_data["window"] = std::vector<int64_t>{height, width, size, stride};
    context->saved_data["zero_border"] = zero_border;
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
    if (!grads[0].defined()) return List(13);
    const auto window = context->saved_data["window"].toIntVector();
    auto [query, key, value, row, column] = backward_op().call(
        grads[0], saved[0], saved[1], saved[2], saved[3], saved[4], optional(5), optional(6), window[0],
        window[1], window[2], window[3], context->saved_data["zero_border"].toBool(),
        context->saved_data["scale"].toDouble(), context->saved_data["dropout"].toDouble(), optional(7));
    const auto present = [&](size_t i, const Tensor& grad) { return saved[i].defined() ? grad : Tensor(); };
    return {query, key, value, present(5, row), present(6, column), {}, {}, {}, {}, {}, {}, {}, {}};
  }
};

Forward forward_autograd(const Tensor& query, const Tensor& key, const Tensor& value,
                         const OptionalTensor& row, const OptionalTensor& column, int64_t height,
                         int64_t width, int64_t size, int64_t stride, bool zero_border, double scale,
                         double dropout, const OptionalTensor& seed) {
  auto results = WindowFunction::apply(query, key, value, row, column, height, width, size, stride,
                                       zero_border, scale, dropout, seed);
  return {results[0], results[1]};
}

/// The backward pass as a function whose own backward refuses: a gradient of a gradient must not be silently
/// wrong.
class WindowBackwardFunction : public torch::autograd::Function<WindowBackwardFunction> {
 public:
  using List = torch::autograd::variable_list;

  static List forward(torch::autograd::AutogradContext*, const Tensor& output_grad, const Tensor& query,
                      const Tensor& key, const Tensor& value, const Tensor& output, const Tensor& logsumexp,
                      const OptionalTensor& row, const OptionalTensor& column, int64_t height, int64_t width,
                      int64_t size, int64_t stride, bool zero_border, double scale, double dropout,
                      const OptionalTensor& seed) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    auto [query_grad, key_grad, value_grad, row_grad, column_grad] =
        backward_op().call(output_grad, query, key, value, output, logsumexp, row, column, height, width,
                           size, stride, zero_border, scale, dropout, seed);
    return {query_grad, key_grad, value_grad, row_grad, column_grad};
  }

  static List backward(torch::autograd::AutogradContext*, const List&) {
    TORCH_CHECK(false,
                "[window_attention] window_attention is differentiable once; use the reference backend for a "
                "double backward");
  }
};

Gradients backward_autograd(const Tensor& output_grad, const Tensor& query, const Tensor& key,
                            const Tensor& value, const Tensor& output, const Tensor& logsumexp,
                            const OptionalTensor& row, const OptionalTensor& column, int64_t height,
                            int64_t width, int64_t size, int64_t stride, bool zero_border, double scale,
                            double dropout, const OptionalTensor& seed) {
  auto grads = WindowBackwardFunction::apply(output_grad, query, key, value, output, logsumexp, row, column,
                                             height, width, size, stride, zero_border, scale, dropout, seed);
  return {grads[0], grads[1], grads[2], grads[3], grads[4]};
}

// ---- Autocast

Forward forward_autocast(const Tensor& query, const Tensor& key, const Tensor& value,
                         const OptionalTensor& row, const OptionalTensor& column, int64_t height,
                         int64_t width, int64_t size, int64_t stride, bool zero_border, double scale,
                         double dropout, const OptionalTensor& seed) {
  c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCPU);
  const auto dtype = at::autocast::get_autocast_dtype(at::kCPU);
  const auto cast = [&](const Tensor& t) { return at::autocast::cached_cast(dtype, t, at::kCPU); };
  const auto cast_table = [&](const OptionalTensor& t) { return t ? OptionalTensor(cast(*t)) : t; };
  return forward_op().call(cast(query), cast(key), cast(value), cast_table(row), cast_table(column), height,
                           width, size, stride, zero_border, scale, dropout, seed);
}

}  // namespace

Result window_attention(const WindowInputs& in) {
  const Window2d& p = in.pattern;
  const OptionalTensor seed = in.dropout.p > 0 ? OptionalTensor(in.dropout.seed) : std::nullopt;
  auto [output, logsumexp] =
      forward_op().call(in.query, in.key, in.value, in.row, in.column, p.height, p.width, p.size, p.stride,
                        p.border == Border::kZero, in.scale, in.dropout.p, seed);
  return {output, logsumexp};
}

TORCH_LIBRARY_FRAGMENT(heed, library) {
  library.def(
      "window_attention(Tensor query, Tensor key, Tensor value, Tensor? row, Tensor? column, int height, int "
      "width, "
      "int size, int stride, bool zero_border, float scale, float dropout, Tensor? seed) "
      "-> (Tensor output, Tensor logsumexp)");
  library.def(
      "window_attention_backward(Tensor output_grad, Tensor query, Tensor key, Tensor value, Tensor output, "
      "Tensor logsumexp, Tensor? row, Tensor? column, int height, int width, int size, int stride, bool "
      "zero_border, "
      "float scale, float dropout, Tensor? seed) "
      "-> (Tensor query_grad, Tensor key_grad, Tensor value_grad, Tensor row_grad, Tensor column_grad)");
}

TORCH_LIBRARY_IMPL(heed, CompositeExplicitAutograd, library) {
  library.impl("window_attention", TORCH_FN(forward_kernel));
  library.impl("window_attention_backward", TORCH_FN(backward_kernel));
}

TORCH_LIBRARY_IMPL(heed, Meta, library) {
  library.impl("window_attention", TORCH_FN(forward_meta));
  library.impl("window_attention_backward", TORCH_FN(backward_meta));
}

TORCH_LIBRARY_IMPL(heed, Autograd, library) {
  library.impl("window_attention", TORCH_FN(forward_autograd));
  library.impl("window_attention_backward", TORCH_FN(backward_autograd));
}

TORCH_LIBRARY_IMPL(heed, AutocastCPU, library) {
  library.impl("window_attention", TORCH_FN(forward_autocast));
}

}  // namespace heed::attention
