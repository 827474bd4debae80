// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/local_op.h"

#include "heed/attention/dropout.h"
#include "heed/attention/local_fused.h"
#include "heed/attention/local_reference.h"
#include "heed/attention/operator_family.h"

namespace heed::attention {
namespace {

struct LocalArguments {
  std::vector<int64_t> block;
  Table relation_key, relation_value;
  bool clip;
  std::optional<double> scale;
  double dropout;
  OptionalTensor seed;

  auto list() const { return std::tie(block, relation_key, relation_value, clip, scale, dropout, seed); }
};

Pattern pattern_of(const std::vector<int64_t>& block) {
  if (block.size() == 2) return Local1d{.query_block = block[0], .memory_before = block[1]};
  TORCH_CHECK(block.size() == 6,
              "[local_attention] block must be [query_block, memory_before] or [height, width, channels, "
              "query_height, query_width, flange], got ",
              block);
  return Local2d{block[0], block[1], block[2], block[3], block[4], block[5]};
}

std::vector<int64_t> block_of(const LocalPattern& pattern) {
  if (const auto* line = std::get_if<Local1d>(&pattern)) return {line->query_block, line->memory_before};
  const auto& p = std::get<Local2d>(pattern);
  return {p.height, p.width, p.channels, p.query_height, p.query_width, p.flange};
}

bool fused_supports(const at::Tensor& query) {
  Problem problem{.family = Family::kLocal, .device = query.device(), .dtype = query.scalar_type()};
  problem.head_dim = query.size(3);
  return supports(Backend::kFused, problem).ok;
}

struct LocalFamily {
  static constexpr const char* kName = "local_attention";
  static constexpr const char* kSchema =
      "int[] block, *, Tensor? relation_key=None, Tensor? relation_value=None, bool clip=True, float? "
      "scale=None, "
      "float dropout=0., Tensor? seed=None";
  static constexpr std::array kTables{"relation_key", "relation_value"};
  using Arguments = LocalArguments;

  static LocalInputs inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const LocalArguments& arguments) {
    Spec spec;
    spec.pattern = pattern_of(arguments.block);
    spec.score = Dot{.scale = arguments.scale};
    spec.dropout = {.p = arguments.dropout, .seed = arguments.seed.value_or(at::Tensor())};
    spec.relation = distance_relation(arguments.relation_key, arguments.relation_value, arguments.clip);
    return check_local_inputs(query, key, value, spec);
  }

  static Result forward(const LocalInputs& in) {
    return fused_supports(in.query) ? local_fused_forward(in) : local_reference_forward(in);
  }

  static LocalGradients backward(const at::Tensor& output_grad, const LocalInputs& in,
                                 const at::Tensor& output, const at::Tensor& logsumexp) {
    return fused_supports(in.query) ? local_fused_backward(output_grad, in, output, logsumexp)
                                    : local_reference_backward(output_grad, in);
  }
};

}  // namespace

Result local_attention(const LocalInputs& in) {
  return AttentionOperator<LocalFamily>::call(in.query, in.key, in.value,
                                              {block_of(in.pattern), in.relation_key, in.relation_value,
                                               in.clip, in.scale, in.dropout.p, seed_argument(in.dropout)});
}

TORCH_LIBRARY_FRAGMENT(heed, library) {
  AttentionOperator<LocalFamily>::define(library);
}

}  // namespace heed::attention
