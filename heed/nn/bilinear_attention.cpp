// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/bilinear_attention.h"

namespace heed::nn {

BilinearAttentionImpl::BilinearAttentionImpl(int64_t hidden, int64_t memory, const std::string& backend)
    : backend_(attention::parse_backend(backend)) {
  query_ = register_module("query", Linear(LinearOptions(hidden, memory).bias(false)));
}

attention::Spec BilinearAttentionImpl::spec(const at::Tensor& lengths) const {
  attention::Spec spec;
  spec.pattern = attention::Dense{.causal = false};
  spec.score = attention::Dot{.scale = 1.0};
  spec.extents.key_lengths = lengths;
  spec.backend = backend_;
  return spec;
}

at::Tensor BilinearAttentionImpl::forward(const at::Tensor& hidden, const Memory& memory) {
  const at::Tensor states = memory.states.unsqueeze(1);  // one head
  const at::Tensor query = query_->forward(hidden).unsqueeze(1);
  return attention::attend(query, states, states, spec(memory.lengths)).output.squeeze(1);
}

at::Tensor BilinearAttentionImpl::step(const at::Tensor& hidden, const at::Tensor& states,
                                       const StepQueries& seen, at::Tensor* weights) {
  const at::Tensor by_position = states.transpose(0, 1);
  return cached_attention(query_->forward(hidden), {by_position, by_position}, seen, {.scale = 1}, weights);
}

AttentionTrace BilinearAttentionImpl::trace(const at::Tensor& hidden, const Memory& memory) {
  return {query_->forward(hidden).unsqueeze(1), memory.states.unsqueeze(1), spec(memory.lengths)};
}

}  // namespace heed::nn
