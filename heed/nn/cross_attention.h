// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/attention/attention.h"
#include "heed/nn/cached_attention.h"
#include "heed/nn/linear.h"

namespace heed::nn {

struct CrossAttentionOptions {
  int64_t d_model = 512, heads = 8;
  double dropout = 0;  ///< dropout of the attention weights
  attention::Backend backend = attention::Backend::kAuto;
};

/// Attention of a decoder to the encoder's output, Vaswani et al. 2017 section 3.2.3.
///
/// input    [batch, target_length, d_model]
/// memory   [batch, source_length, d_model]; only the first `lengths` [batch] positions are visible
/// returns  [batch, target_length, d_model]
class CrossAttentionImpl : public torch::nn::Module {
 public:
  explicit CrossAttentionImpl(const CrossAttentionOptions& options);

  at::Tensor forward(const at::Tensor& input, const at::Tensor& memory, const at::Tensor& lengths);

  /// Returns the keys and values of a memory for decoding, [inputs, source_length, 2 * d_model].
  at::Tensor remember(const at::Tensor& memory) { return key_value_->forward(memory); }
  /// Decoding step: input [queries, d_model]; `seen` from MemoryIndex. `weights` as in cached_attention().
  at::Tensor step(const at::Tensor& input, const at::Tensor& remembered, const StepQueries& seen,
                  at::Tensor* weights = nullptr);

  struct Projected {
    at::Tensor query, key, value;  ///< [batch, heads, length, head_dim]
  };
  Projected project(const at::Tensor& input, const at::Tensor& memory);
  attention::Spec spec(const at::Tensor& lengths) const;

 private:
  CrossAttentionOptions options_;
  Linear query_{nullptr}, key_value_{nullptr}, output_{nullptr};
};
TORCH_MODULE(CrossAttention);

}  // namespace heed::nn
