// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <torch/nn/modules/normalization.h>

#include "heed/nn/dropout.h"
#include "heed/nn/linear.h"
#include "heed/nn/multi_head_attention.h"

namespace heed::nn {

struct TransformerLayerOptions {
  MultiHeadAttentionOptions attention;
  int64_t d_ff = 1024;
  double dropout = 0.1;
  std::string activation = "gelu";
  bool pre_norm = true;
};

/// Self-attention and feed-forward sublayers with residuals and dropout on each sublayer's output and inside
/// the feed-forward. Post-norm is Vaswani et al. 2017; pre-norm is Wang et al. 2019, arXiv:1906.01787.
///
/// input    [batch, length, d_model]
/// returns  [batch, length, d_model]
class TransformerLayerImpl : public torch::nn::Module {
 public:
  explicit TransformerLayerImpl(const TransformerLayerOptions& options);

  at::Tensor forward(const at::Tensor& input, const attention::Extents& extents);
  at::Tensor step(const at::Tensor& input, KeyValueCache& cache);
  MultiHeadAttention& attention() { return attention_; }
  /// What attention sees of the layer's input.
  at::Tensor attention_input(const at::Tensor& input);

 private:
  template <class Attend>
  at::Tensor run(const at::Tensor& input, const Attend& attend);
  at::Tensor feed_forward(const at::Tensor& input);

  TransformerLayerOptions options_;
  MultiHeadAttention attention_{nullptr};
  Linear expand_{nullptr}, contract_{nullptr};
  torch::nn::LayerNorm attention_norm_{nullptr}, feed_forward_norm_{nullptr};
  Dropout dropout_{nullptr};
};
TORCH_MODULE(TransformerLayer);

}  // namespace heed::nn
