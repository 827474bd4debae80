// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/attention.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include "heed/attention/checks.h"
#include "heed/attention/dense_op.h"
#include "heed/attention/dense_reference.h"
#include "heed/attention/edge_op.h"
#include "heed/attention/edge_reference.h"
#include "heed/attention/local_op.h"
#include "heed/attention/local_reference.h"
#include "heed/attention/window_op.h"
#include "heed/attention/window_reference.h"

namespace heed::attention {
namespace {

Backend resolve_backend(const Problem& problem, Backend asked) {
  if (asked == Backend::kAuto) return choose_backend(problem);
  const Support support = supports(asked, problem);
  TORCH_CHECK(support.ok, "[attention] backend ", backend_name(asked), " cannot run: ", support.reason);
  return asked;
}

/// Autocast computes some inputs in its own dtype (products) and some in float32 (sums, states of an LSTM).
bool mixed_by_autocast(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  const bool mixed = key.scalar_type() != query.scalar_type() || value.scalar_type() != query.scalar_type();
  return mixed && at::autocast::is_autocast_enabled(query.device().type());
}

Result attend_dense(DenseInputs inputs, Backend backend) {
  inputs.backend = backend;
  return backend == Backend::kReference ? dense_reference(inputs) : dense_attention(inputs);
}

Result attend_local(const LocalInputs& inputs, Backend backend) {
  return backend == Backend::kReference ? local_reference(inputs) : local_attention(inputs);
}

Result attend_edges(const EdgeInputs& inputs, Backend backend) {
  return backend == Backend::kReference ? edge_reference(inputs) : edge_attention(inputs);
}

Result attend_window(const WindowInputs& inputs, Backend backend) {
  return backend == Backend::kReference ? window_reference(inputs) : window_attention(inputs);
}

}  // namespace

Result attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const Spec& spec) {
  if (mixed_by_autocast(query, key, value)) {
    const auto dtype = at::autocast::get_autocast_dtype(query.device().type());
    return attend(query.to(dtype), key.to(dtype), value.to(dtype), spec);
  }
  // The inputs' dtype is the one to compute in; autocast must not choose another inside.
  c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  if (std::holds_alternative<Edges>(spec.pattern)) {  // nodes have no batch: checks of their own
    const EdgeInputs inputs = check_edge_inputs(query, key, value, spec);
    return attend_edges(inputs, resolve_backend(describe(query, key, spec), spec.backend));
  }
  check_tensors(query, key, value);
  const Problem problem = describe(query, key, spec);
  const Backend backend = resolve_backend(problem, spec.backend);
  switch (problem.family) {
    case Family::kLocal:
      return attend_local(check_local_inputs(query, key, value, spec), backend);
    case Family::kWindow:
      return attend_window(check_window_inputs(query, key, value, spec), backend);
    case Family::kEdges:  // above
    case Family::kDense:
      break;
  }
  return attend_dense(check_dense_inputs(query, key, value, spec), backend);
}

}  // namespace heed::attention
