// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/edge_sum.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/autograd.h>
#include <torch/library.h>

#include "heed/attention/checks.h"
#include "heed/attention/edge_inputs.h"
#include "heed/attention/edge_parts.h"
#include "heed/attention/edges.h"
#include "heed/attention/operator_shapes.h"
#include "heed/kernels/isa.h"

namespace heed::attention {
namespace {

using at::Tensor;
using Gradients = std::tuple<Tensor, Tensor>;

int64_t heads_of(const Tensor& value, const Tensor& weights) {
  return std::max(value.size(1), weights.size(1));
}

bool kernels_support(const Tensor& value) {
  const auto dtype = value.scalar_type();
  return value.is_cpu() && (dtype == at::kFloat || dtype == at::kBFloat16) &&
         value.size(1) * value.size(2) > 0;
}

void check(const Tensor& value, const Tensor& weights, const Edges& edges) {
  TORCH_CHECK(value.dim() == 3 && at::isFloatingType(value.scalar_type()),
              "[edge_sum] value must be [sources, heads, head_dim], got ", value.sizes());
  check_edges(edges, value);
  TORCH_CHECK(value.size(0) == edges.sources(), "[edge_sum] value has ", value.size(0), " rows, the edges ",
              edges.sources(), " sources");
  TORCH_CHECK(weights.dim() == 2 && weights.size(0) == edges.size() &&
                  (weights.size(1) == value.size(1) || weights.size(1) == 1 ||
                   (value.size(1) == 1 && weights.size(1) > 0)),
              "[edge_sum] weights must be [", edges.size(), ", ", value.size(1),
              " or 1], or value have one head, got ", weights.sizes());
  TORCH_CHECK(weights.scalar_type() == value.scalar_type() && weights.device() == value.device(),
              "[edge_sum] weights are ", weights.scalar_type(), " on ", weights.device(), ", value ",
              value.scalar_type(), " on ", value.device());
}

/// One call of the kernels, with the memory it points to.
struct Job {
  Tensor value, lists;  ///< lists: the weights as the kernels read them
  int64_t heads;
  kernels::EdgeSum problem;
  const kernels::EdgeKernels& kernel = *kernels::cpu_kernels().edge;
  int64_t scratch;

  Job(const Tensor& given, const Tensor& weights, const Edges& edges)
      : value(readable_rows(given)), heads(heads_of(given, weights)) {
    const int64_t listed = kernel.edge_heads(static_cast<int32_t>(heads));
    lists = at::empty({edges.size() * listed + kRoomAfterLists}, at::kFloat);
    by_head(lists).copy_(weights.expand({edges.size(), heads}));
    problem.edges = by_target_of(edges), problem.by_source = by_source_of(edges);
    problem.heads = static_cast<int32_t>(heads), problem.head_dim = static_cast<int32_t>(value.size(2));
    problem.one_value = value.size(1) < heads;
    problem.element = element_of(value);
    problem.weights = lists.const_data_ptr<float>();
    problem.value = rows_of(value);
    scratch = heads * value.size(2) + kRoomAfterLists;
  }

  /// Lists as [edges, heads].
  Tensor by_head(const Tensor& of_lists) const {
    const int64_t listed = kernel.edge_heads(static_cast<int32_t>(heads));
    return of_lists.as_strided({(of_lists.numel() - kRoomAfterLists) / listed, heads}, {listed, 1});
  }
};

Tensor forward(const Tensor& value, const Tensor& weights, const Tensor& target_begin, const Tensor& source,
               const Tensor& source_begin, const Tensor& edge, const Tensor& target) {
  const Edges edges{target_begin, source, source_begin, edge, target, {}};
  check(value, weights, edges);
  if (!kernels_support(value)) {
    const auto type = accumulation_type(value.scalar_type());
    const auto terms = value.to(type).index_select(0, source.to(at::kLong)) * weights.to(type).unsqueeze(2);
    return at::zeros({edges.targets(), heads_of(value, weights), value.size(2)}, terms.options())
        .index_add(0, targets_of(edges), terms)
        .to(value.scalar_type());
  }
  const auto output = at::empty({edges.targets(), heads_of(value, weights), value.size(2)}, value.options());
  Job job(value, weights, edges);
  job.problem.output = rows_of(output);
  for_edge_parts(edge_parts(target_begin), job.scratch,
                 [&](int64_t, int64_t begin, int64_t end, float* scratch) {
                   job.kernel.sum_forward(job.problem, begin, end, scratch);
                 });
  return output;
}

Gradients backward(const Tensor& output_grad, const Tensor& value, const Tensor& weights,
                   const Tensor& target_begin, const Tensor& source, const Tensor& source_begin,
                   const Tensor& edge, const Tensor& target, bool weights_wanted) {
  const Edges edges{target_begin, source, source_begin, edge, target, {}};
  check(value, weights, edges);
  TORCH_CHECK(output_grad.dim() == 3 && output_grad.size(0) == edges.targets() &&
                  output_grad.size(1) == heads_of(value, weights) && output_grad.size(2) == value.size(2) &&
                  output_grad.scalar_type() == value.scalar_type(),
              "[edge_sum] the gradient of the output is ", output_grad.sizes(), ", value ", value.sizes());
  const auto narrowed = [&](const Tensor& grad) {
    return (weights.size(1) == 1 ? grad.sum(1, true) : grad).to(weights.scalar_type());
  };
  if (!kernels_support(value)) {
    const auto type = accumulation_type(value.scalar_type());
    const auto grads = output_grad.to(type).index_select(0, targets_of(edges)), from = source.to(at::kLong);
    auto terms = grads * weights.to(type).unsqueeze(2);
    if (value.size(1) == 1) terms = terms.sum(1, /*keepdim=*/true);
    const auto value_grad = at::zeros(value.sizes(), grads.options()).index_add(0, from, terms);
    return {value_grad.to(value.scalar_type()),
            narrowed((grads * value.to(type).index_select(0, from)).sum(2))};
  }
  const auto out_grad = readable_rows(output_grad), value_grad = at::empty(value.sizes(), value.options());
  Job job(value, weights, edges);
  job.problem.output_grad = rows_of(out_grad), job.problem.value_grad = rows_of(value_grad);
  for_edge_parts(edge_parts(source_begin), job.scratch,
                 [&](int64_t, int64_t begin, int64_t end, float* scratch) {
                   job.kernel.sum_backward_values(job.problem, begin, end, scratch);
                 });
  if (!weights_wanted) return {value_grad, at::empty({0}, weights.options())};
  const auto weights_grad = at::empty_like(job.lists);
  job.problem.weights_grad = weights_grad.mutable_data_ptr<float>();
  for_edge_parts(edge_parts(target_begin), job.scratch,
                 [&](int64_t, int64_t begin, int64_t end, float* scratch) {
                   job.kernel.sum_backward_weights(job.problem, begin, end, scratch);
                 });
  return {value_grad, narrowed(job.by_head(weights_grad))};
}

Tensor forward_meta(const Tensor& value, const Tensor& weights, const Tensor& target_begin, const Tensor&,
                    const Tensor&, const Tensor&, const Tensor&) {
  const auto heads = value.sym_size(1).max(weights.sym_size(1));
  return at::empty_symint({target_begin.sym_size(0) - 1, heads, value.sym_size(2)}, value.options());
}

Gradients backward_meta(const Tensor&, const Tensor& value, const Tensor& weights, const Tensor&,
                        const Tensor&, const Tensor&, const Tensor&, const Tensor&, bool weights_wanted) {
  return {at::empty_like(value),
          weights_wanted ? at::empty_like(weights) : at::empty({0}, weights.options())};
}

auto& forward_op() {
  static auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("heed::edge_sum", "").typed<decltype(forward)>();
  return op;
}
auto& backward_op() {
  static auto op = c10::Dispatcher::singleton()
                       .findSchemaOrThrow("heed::edge_sum_backward", "")
                       .typed<decltype(backward)>();
  return op;
}

using List = torch::autograd::variable_list;
using Context = torch::autograd::AutogradContext;

struct EdgeSumFunction : torch::autograd::Function<EdgeSumFunction> {
  static Tensor forward(Context* context, const Tensor& value, const Tensor& weights, const List& edges) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    List saved{value, weights};
    saved.insert(saved.end(), edges.begin(), edges.end());
    context->save_for_backward(std::move(saved));
    context->saved_data["weights_wanted"] = weights.requires_grad();
    return forward_op().call(value, weights, edges[0], edges[1], edges[2], edges[3], edges[4]);
  }
  static List backward(Context* context, const List& grads) {
    const List t = context->get_saved_variables();
    const bool weights_wanted = context->saved_data["weights_wanted"].toBool();
    auto [value_grad, weights_grad] =
        backward_op().call(grads[0], t[0], t[1], t[2], t[3], t[4], t[5], t[6], weights_wanted);
    return {value_grad, weights_wanted ? weights_grad : Tensor(), {}};
  }
};

Tensor forward_autograd(const Tensor& value, const Tensor& weights, const Tensor& target_begin,
                        const Tensor& source, const Tensor& source_begin, const Tensor& edge,
                        const Tensor& target) {
  return EdgeSumFunction::apply(value, weights, List{target_begin, source, source_begin, edge, target});
}

struct OnceDifferentiable : torch::autograd::Function<OnceDifferentiable> {
  static List forward(Context*, const Tensor& grad, const Tensor& value, const Tensor& weights,
                      const List& edges, bool weights_wanted) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    auto [value_grad, weights_grad] = backward_op().call(grad, value, weights, edges[0], edges[1], edges[2],
                                                         edges[3], edges[4], weights_wanted);
    return {value_grad, weights_grad};
  }
  static List backward(Context*, const List&) { refuse_double_backward("edge_sum"); }
};

Gradients backward_autograd(const Tensor& grad, const Tensor& value, const Tensor& weights,
                            const Tensor& target_begin, const Tensor& source, const Tensor& source_begin,
                            const Tensor& edge, const Tensor& target, bool weights_wanted) {
  const List grads = OnceDifferentiable::apply(
      grad, value, weights, List{target_begin, source, source_begin, edge, target}, weights_wanted);
  return {grads[0], grads[1]};
}

}  // namespace

at::Tensor edge_sum(const at::Tensor& value, const at::Tensor& weights, const Edges& e) {
  return forward_op().call(value, weights.to(value.scalar_type()), e.target_begin, e.source, e.source_begin,
                           e.edge, e.target);
}

TORCH_LIBRARY_FRAGMENT(heed, library) {
  const std::string edges =
      "Tensor target_begin, Tensor source, Tensor source_begin, Tensor edge, Tensor target";
  library.def(("edge_sum(Tensor value, Tensor weights, " + edges + ") -> Tensor").c_str());
  library.def(("edge_sum_backward(Tensor output_grad, Tensor value, Tensor weights, " + edges +
               ", bool weights_wanted=True) -> (Tensor value_grad, Tensor weights_grad)")
                  .c_str());
  const auto implement = [&](c10::DispatchKey key, auto forward_function, auto backward_function) {
    library.impl("edge_sum", torch::dispatch(key, forward_function));
    library.impl("edge_sum_backward", torch::dispatch(key, backward_function));
  };
  implement(c10::DispatchKey::CompositeExplicitAutograd, TORCH_FN(forward), TORCH_FN(backward));
  implement(c10::DispatchKey::Meta, TORCH_FN(forward_meta), TORCH_FN(backward_meta));
  implement(c10::DispatchKey::Autograd, TORCH_FN(forward_autograd), TORCH_FN(backward_autograd));
}

}  // namespace heed::attention
