// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/edge_fused.h"

#include <vector>

#include <ATen/ATen.h>

#include "heed/attention/dropout.h"
#include "heed/attention/edge_parts.h"
#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/isa.h"

namespace heed::attention {
namespace {

/// The most parts where each has its own sums of the relation's tables.
constexpr int64_t kMostPartsWithSums = 32;

at::Tensor floats_of(const std::optional<at::Tensor>& tensor) {
  return tensor ? tensor->to(at::kFloat).contiguous() : at::Tensor();
}
float* numbers(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<float>() : nullptr;
}

/// One call: the problem as the kernels take it, and the memory it points to.
struct Job {
  EdgeInputs in;
  at::Tensor vector, bias;
  kernels::EdgeProblem problem;
  const kernels::EdgeKernels& kernel = *kernels::cpu_kernels().edge;

  Job(const EdgeInputs& inputs, const at::Tensor& output, const at::Tensor& logsumexp) : in(inputs) {
    in.query = readable_rows(in.query), in.key = readable_rows(in.key), in.value = readable_rows(in.value);
    for (auto* table : {&in.relation.key, &in.relation.value}) {
      if (*table) *table = readable_rows(**table);
    }
    vector = floats_of(in.vector), bias = floats_of(in.relation.bias);
    problem.edges = by_target_of(in.edges);
    problem.heads = static_cast<int32_t>(in.heads()), problem.head_dim = static_cast<int32_t>(in.head_dim());
    problem.score = in.score, problem.element = element_of(in.value);
    problem.scale = static_cast<float>(in.scale), problem.slope = static_cast<float>(in.slope);
    problem.vector = numbers(vector);
    problem.query = rows_of(in.query), problem.key = rows_of(in.key), problem.value = rows_of(in.value);
    problem.relation = {in.relation.type ? in.relation.type->const_data_ptr<int32_t>() : nullptr,
                        rows_of(in.relation.key), rows_of(in.relation.value), numbers(bias)};
    if (in.dropout.p > 0) {
      problem.dropout = {kernels::dropout_threshold(in.dropout.p), static_cast<float>(1 / (1 - in.dropout.p)),
                         dropout_seed(in.dropout)};
    }
    problem.output = rows_of(output);
    problem.logsumexp = const_cast<float*>(logsumexp.const_data_ptr<float>());
  }

  /// Of work on nodes whose edges begin there.
  int64_t scratch(const at::Tensor& begins) const { return kernel.scratch(problem, most_edges(begins)); }
};

at::Tensor empty_like_rows(const at::Tensor& like) {
  return at::empty(like.sizes(), like.options());
}

/// The gradients of the relation and of `vector`: rows of edges, or a sum of each part.
struct RelationGradients {
  bool by_edge;
  at::Tensor key, value, bias, vector;

  RelationGradients(const EdgeInputs& in, int64_t parts) : by_edge(!in.relation.type) {
    const auto floats = in.value.options().dtype(at::kFloat);
    const auto sums_of = [&](const std::optional<at::Tensor>& table) {
      if (!table) return at::Tensor();
      auto sizes = table->sizes().vec();
      sizes.insert(sizes.begin(), parts);
      return at::zeros(sizes, floats);
    };
    const auto grad_of = [&](const std::optional<at::Tensor>& table, const at::TensorOptions& options) {
      return table && by_edge ? at::empty(table->sizes(), options) : sums_of(table);
    };
    key = grad_of(in.relation.key, in.value.options()),
    value = grad_of(in.relation.value, in.value.options());
    bias = grad_of(in.relation.bias, floats);
    vector = sums_of(in.vector);
  }

  void add_to(kernels::EdgeGradient& g) const {
    if (!by_edge) return;
    g.edge_key_grad = rows_of(key), g.edge_value_grad = rows_of(value), g.edge_bias_grad = numbers(bias);
  }

  kernels::EdgeSums sums(int64_t part) const {
    const auto of = [&](const at::Tensor& sums) {
      return sums.defined() ? numbers(sums) + part * sums.stride(0) : nullptr;
    };
    kernels::EdgeSums found;
    if (!by_edge) found.key = of(key), found.value = of(value), found.bias = of(bias);
    found.vector = of(vector);
    return found;
  }

  void finish(EdgeGradients& grads) const {
    const auto joined = [&](const at::Tensor& grad) {
      return grad.defined() && !by_edge ? grad.sum(0) : grad;
    };
    grads.relation_key = joined(key), grads.relation_value = joined(value),
    grads.relation_bias = joined(bias);
    if (vector.defined()) grads.vector = vector.sum(0);
  }
};

bool has_sums(const EdgeInputs& in) {
  return in.vector || (in.relation.type && (in.relation.key || in.relation.value || in.relation.bias));
}

}  // namespace

bool edge_fused_supports(const EdgeInputs& in) {
  const auto dtype = in.value.scalar_type();
  return in.value.is_cpu() && (dtype == at::kFloat || dtype == at::kBFloat16) && in.heads() > 0 &&
         in.head_dim() > 0;
}

Result edge_fused_forward(const EdgeInputs& in) {
  Result result{at::empty({in.edges.targets(), in.heads(), in.head_dim()}, in.value.options()),
                at::empty({in.edges.targets(), in.heads()}, in.value.options().dtype(at::kFloat))};
  const Job job(in, result.output, result.logsumexp);
  for_edge_parts(edge_parts(in.edges.target_begin), job.scratch(in.edges.target_begin),
                 [&](int64_t, int64_t begin, int64_t end, float* scratch) {
                   job.kernel.forward(job.problem, begin, end, scratch);
                 });
  return result;
}

EdgeGradients edge_fused_backward(const at::Tensor& output_grad, const EdgeInputs& in,
                                  const at::Tensor& output, const at::Tensor& logsumexp) {
  const at::Tensor out_grad = readable_rows(output_grad), out = readable_rows(output),
                   sums = logsumexp.contiguous();
  const Job job(in, out, sums);
  EdgeGradients grads{empty_like_rows(in.query), empty_like_rows(in.key), empty_like_rows(in.value)};
  const auto source_parts =
      edge_parts(in.edges.source_begin, has_sums(in) ? kMostPartsWithSums : kMostEdgeParts);
  const auto target_parts = edge_parts(in.edges.target_begin);
  const RelationGradients relation(in, static_cast<int64_t>(source_parts.size()) - 1);
  const auto lists = [&](int64_t rows, int64_t width) {
    return at::empty({rows * width + kRoomAfterLists}, in.value.options().dtype(at::kFloat));
  };
  const at::Tensor target_lists = lists(in.edges.targets(), job.kernel.target_floats(job.problem)),
                   score_grad = lists(in.edges.size(), job.kernel.edge_heads(job.problem.heads));

  kernels::EdgeGradient g;
  g.forward = job.problem;
  g.by_source = by_source_of(in.edges);
  g.output_grad = rows_of(out_grad);
  g.query_grad = rows_of(grads.query), g.key_grad = rows_of(grads.key), g.value_grad = rows_of(grads.value);
  g.target_lists = numbers(target_lists), g.score_grad = numbers(score_grad);
  relation.add_to(g);
  for_edge_parts(target_parts, job.scratch(in.edges.target_begin),
                 [&](int64_t, int64_t begin, int64_t end, float* scratch) {
                   job.kernel.backward_means(g, begin, end, scratch);
                 });
  for_edge_parts(source_parts, job.scratch(in.edges.source_begin),
                 [&](int64_t part, int64_t begin, int64_t end, float* scratch) {
                   job.kernel.backward_sources(g, relation.sums(part), begin, end, scratch);
                 });
  for_edge_parts(target_parts, job.kernel.scratch(job.problem, 0),
                 [&](int64_t, int64_t begin, int64_t end, float* scratch) {
                   job.kernel.backward_targets(g, begin, end, scratch);
                 });
  relation.finish(grads);
  return grads;
}

}  // namespace heed::attention
