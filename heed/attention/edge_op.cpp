// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/edge_op.h"

#include "heed/attention/dropout.h"
#include "heed/attention/edge_fused.h"
#include "heed/attention/edge_reference.h"
#include "heed/attention/edges.h"
#include "heed/attention/operator_family.h"

namespace heed::attention {
namespace {

struct EdgeArguments {
  at::Tensor target_begin, source, source_begin, edge, target;
  std::string score;
  Table vector, relation_key, relation_value, relation_bias;
  OptionalTensor type;
  std::optional<double> scale;
  double slope, dropout;
  OptionalTensor seed;

  auto list() const {
    return std::tie(target_begin, source, source_begin, edge, target, score, vector, relation_key,
                    relation_value, relation_bias, type, scale, slope, dropout, seed);
  }
};

Score score_of(const EdgeArguments& arguments) {
  if (arguments.score == "dot") return Dot{.scale = arguments.scale};
  if (arguments.score == "gat") return Gat{.slope = arguments.slope};
  TORCH_CHECK(arguments.score == "gatv2", "[edge_attention] score must be dot, gat or gatv2, got ",
              arguments.score);
  return GatV2{.vector = arguments.vector.value_or(at::Tensor()), .slope = arguments.slope};
}

struct EdgeFamily {
  static constexpr const char* kName = "edge_attention";
  static constexpr const char* kSchema =
      "Tensor target_begin, Tensor source, Tensor source_begin, Tensor edge, Tensor target, *, str "
      "score=\"dot\", "
      "Tensor? vector=None, Tensor? relation_key=None, Tensor? relation_value=None, Tensor? "
      "relation_bias=None, "
      "Tensor? type=None, float? scale=None, float slope=0.2, float dropout=0., Tensor? seed=None";
  static constexpr std::array kTables{"vector", "relation_key", "relation_value", "relation_bias"};
  using Arguments = EdgeArguments;

  static EdgeInputs inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const EdgeArguments& arguments) {
    Spec spec;
    spec.pattern = Edges{arguments.target_begin, arguments.source, arguments.source_begin,
                         arguments.edge,         arguments.target, {}};
    spec.score = score_of(arguments);
    spec.relation = EdgeRelation{arguments.type, arguments.relation_key, arguments.relation_value,
                                 arguments.relation_bias};
    spec.dropout = {.p = arguments.dropout, .seed = arguments.seed.value_or(at::Tensor())};
    return check_edge_inputs(query, key, value, spec);
  }

  static Result forward(const EdgeInputs& in) {
    return edge_fused_supports(in) ? edge_fused_forward(in) : edge_reference(in);
  }

  static EdgeGradients backward(const at::Tensor& output_grad, const EdgeInputs& in, const at::Tensor& output,
                                const at::Tensor& logsumexp) {
    return edge_fused_supports(in) ? edge_fused_backward(output_grad, in, output, logsumexp)
                                   : edge_formula_backward(output_grad, in);
  }
};

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor> sort_edges(
    const at::Tensor& source, const at::Tensor& target, int64_t sources, int64_t targets) {
  const Edges edges = make_edges(source, target, sources, targets);
  return {edges.target_begin, edges.source, edges.source_begin, edges.edge, edges.target, edges.order};
}

}  // namespace

Result edge_attention(const EdgeInputs& in) {
  const Edges& e = in.edges;
  const auto scale = in.score == kernels::EdgeScore::kDot ? std::optional(in.scale) : std::nullopt;
  return AttentionOperator<EdgeFamily>::call(
      in.query, in.key, in.value,
      {e.target_begin, e.source, e.source_begin, e.edge, e.target, edge_score_name(in.score), in.vector,
       in.relation.key, in.relation.value, in.relation.bias, in.relation.type, scale, in.slope, in.dropout.p,
       seed_argument(in.dropout)});
}

TORCH_LIBRARY_FRAGMENT(heed, library) {
  AttentionOperator<EdgeFamily>::define(library);
  library.def(
      "sort_edges(Tensor source, Tensor target, int sources, int targets) -> (Tensor target_begin, Tensor "
      "source, "
      "Tensor source_begin, Tensor edge, Tensor target, Tensor order)");
  library.impl("sort_edges",
               torch::dispatch(c10::DispatchKey::CompositeExplicitAutograd, TORCH_FN(sort_edges)));
}

}  // namespace heed::attention
