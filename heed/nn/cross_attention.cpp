// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/cross_attention.h"

#include <limits>

#include <ATen/ops/randint.h>
#include <torch/nn/init.h>

#include "heed/nn/heads.h"

namespace heed::nn {

CrossAttentionImpl::CrossAttentionImpl(const CrossAttentionOptions& options) : options_(options) {
  const int64_t d_model = options.d_model;
  TORCH_CHECK(options.heads > 0 && d_model % options.heads == 0, "[cross_attention] d_model ", d_model,
              " must be a multiple of heads ", options.heads);
  query_ = register_module("query", Linear(d_model, d_model));
  key_value_ = register_module("key_value", Linear(d_model, 2 * d_model));
  output_ = register_module("output", Linear(d_model, d_model));
  for (auto& linear : {query_, key_value_, output_}) {
    torch::nn::init::xavier_uniform_(linear->weight);
    torch::nn::init::zeros_(linear->bias);
  }
}

attention::Spec CrossAttentionImpl::spec(const at::Tensor& lengths) const {
  attention::Spec spec;
  spec.pattern = attention::Dense{.causal = false};
  spec.extents.key_lengths = lengths;
  spec.backend = options_.backend;
  if (is_training() && options_.dropout > 0) {
    spec.dropout = {.p = options_.dropout,
                    .seed = at::randint(std::numeric_limits<int64_t>::max(), {1}, at::kLong)};
  }
  return spec;
}

CrossAttentionImpl::Projected CrossAttentionImpl::project(const at::Tensor& input, const at::Tensor& memory) {
  const auto query = split_heads(query_->forward(input), 1, options_.heads);
  const auto parts = split_heads(key_value_->forward(memory), 2, options_.heads);
  return {query[0], parts[0], parts[1]};
}

at::Tensor CrossAttentionImpl::forward(const at::Tensor& input, const at::Tensor& memory,
                                       const at::Tensor& lengths) {
  const Projected projected = project(input, memory);
  const auto result = attention::attend(projected.query, projected.key, projected.value, spec(lengths));
  return output_->forward(merge_heads(result.output));
}

at::Tensor CrossAttentionImpl::step(const at::Tensor& input, const at::Tensor& remembered,
                                    const StepQueries& seen, at::Tensor* weights) {
  const at::Tensor by_position = remembered.transpose(0, 1);  // [source_length, inputs, 2 * d_model]
  const CachedKeys keys{by_position.narrow(2, 0, options_.d_model),
                        by_position.narrow(2, options_.d_model, options_.d_model)};
  return output_->forward(
      cached_attention(query_->forward(input), keys, seen, {.heads = options_.heads}, weights));
}

}  // namespace heed::nn
