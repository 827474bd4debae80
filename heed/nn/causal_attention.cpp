// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/causal_attention.h"

#include <limits>

#include <ATen/ops/randint.h>

namespace heed::nn {
namespace {

/// [length, rows, width] to [rows, heads, length, head_dim].
at::Tensor heads_of_steps(const at::Tensor& x, int64_t heads) {
  return x.unflatten(2, {heads, x.size(2) / heads}).permute({1, 2, 0, 3});
}

}  // namespace

CausalAttentionImpl::CausalAttentionImpl(const CausalAttentionOptions& options) : options_(options) {
  TORCH_CHECK(options.heads > 0 && options.width % options.heads == 0, "[causal_attention] width ",
              options.width, " must be a multiple of heads ", options.heads);
}

attention::Spec CausalAttentionImpl::spec() const {
  attention::Spec spec;
  spec.pattern = attention::Dense{.causal = true};
  spec.backend = options_.backend;
  if (is_training() && options_.dropout > 0) {
    spec.dropout = {.p = options_.dropout,
                    .seed = at::randint(std::numeric_limits<int64_t>::max(), {1}, at::kLong)};
  }
  return spec;
}

at::Tensor CausalAttentionImpl::forward(const at::Tensor& query, const at::Tensor& key,
                                        const at::Tensor& value) {
  const int64_t heads = options_.heads;
  const auto found = attention::attend(heads_of_steps(query, heads), heads_of_steps(key, heads),
                                       heads_of_steps(value, heads), spec());
  return found.output.permute({2, 0, 1, 3}).flatten(2);
}

AttentionTrace CausalAttentionImpl::trace(const at::Tensor& query, const at::Tensor& key) const {
  return {heads_of_steps(query, options_.heads), heads_of_steps(key, options_.heads), spec()};
}

KeyValueCache CausalAttentionImpl::make_cache(const RowIndex& index, const at::Tensor& like,
                                              WeightType weights) const {
  const KeyValueShape shape{.heads = options_.heads,
                            .head_dim = options_.width / options_.heads,
                            .rounded = weights != WeightType::kFloat32};
  return {index, shape, like.options().requires_grad(false)};
}

at::Tensor CausalAttentionImpl::step(const at::Tensor& query, const at::Tensor& key_value,
                                     KeyValueCache& cache, const RowIndex& index) const {
  cache.append(key_value, index);
  return cached_attention(query, cache.keys(), index.queries(), {.heads = options_.heads});
}

}  // namespace heed::nn
