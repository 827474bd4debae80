// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/dense_op.h"

#include "heed/attention/dense_fused.h"
#include "heed/attention/dense_tiled.h"
#include "heed/attention/dropout.h"
#include "heed/attention/operator_family.h"

namespace heed::attention {
namespace {

struct DenseArguments {
  Table relation_key, relation_value;
  OptionalTensor key_lengths, query_start, segments;
  bool causal, clip;
  std::optional<double> scale;
  double dropout;
  OptionalTensor seed;
  std::string backend;

  auto list() const {
    return std::tie(relation_key, relation_value, key_lengths, query_start, segments, causal, clip, scale,
                    dropout, seed, backend);
  }
};

/// kFused or kTiled; a backend that was asked for by name runs or throws its reason.
Backend resolve(const at::Tensor& query, const std::string& backend) {
  Problem problem{.device = query.device(), .dtype = query.scalar_type()};
  problem.head_dim = query.size(3);
  const Support fused = supports(Backend::kFused, problem);
  if (backend == "auto") return fused.ok ? Backend::kFused : Backend::kTiled;
  if (backend == "tiled") return Backend::kTiled;
  TORCH_CHECK(backend == "fused", "[attention] backend must be auto, tiled or fused here, got ", backend);
  TORCH_CHECK(fused.ok, "[attention] backend fused cannot run: ", fused.reason);
  return Backend::kFused;
}

struct DenseFamily {
  static constexpr const char* kName = "dense_attention";
  static constexpr const char* kSchema =
      "*, Tensor? relation_key=None, Tensor? relation_value=None, Tensor? key_lengths=None, "
      "Tensor? query_start=None, Tensor? segments=None, bool causal=False, bool clip=True, float? "
      "scale=None, "
      "float dropout=0., Tensor? seed=None, str backend=\"auto\"";
  static constexpr std::array kTables{"relation_key", "relation_value"};
  using Arguments = DenseArguments;

  static DenseInputs inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const DenseArguments& arguments) {
    Spec spec;
    spec.pattern = Dense{.causal = arguments.causal};
    spec.score = Dot{.scale = arguments.scale};
    spec.extents = {arguments.key_lengths, arguments.query_start, arguments.segments};
    spec.dropout = {.p = arguments.dropout, .seed = arguments.seed.value_or(at::Tensor())};
    spec.relation = distance_relation(arguments.relation_key, arguments.relation_value, arguments.clip);
    DenseInputs in = check_dense_inputs(query, key, value, spec);
    in.backend = resolve(query, arguments.backend);
    return in;
  }

  static Result forward(const DenseInputs& in) {
    if (in.backend == Backend::kFused) return dense_fused_forward(in);
    return dense_tiled_forward(in, tiled_options(in.query.device()));
  }

  static DenseGradients backward(const at::Tensor& output_grad, const DenseInputs& in,
                                 const at::Tensor& output, const at::Tensor& logsumexp) {
    if (in.backend == Backend::kFused) return dense_fused_backward(output_grad, in, output, logsumexp);
    return dense_tiled_backward(output_grad, in, logsumexp, tiled_options(in.query.device()));
  }
};

}  // namespace

Result dense_attention(const DenseInputs& in) {
  return AttentionOperator<DenseFamily>::call(
      in.query, in.key, in.value,
      {in.relation_key, in.relation_value, in.extents.key_lengths, in.extents.query_start,
       in.extents.segments, in.causal, in.clip, in.scale, in.dropout.p, seed_argument(in.dropout),
       backend_name(in.backend)});
}

TORCH_LIBRARY_FRAGMENT(heed, library) {
  AttentionOperator<DenseFamily>::define(library);
}

}  // namespace heed::attention
