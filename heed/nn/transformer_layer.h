// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <torch/nn/modules/normalization.h>

#include "heed/nn/cross_attention.h"
#include "heed/nn/dropout.h"
#include "heed/nn/linear.h"
#include "heed/nn/memory.h"
#include "heed/nn/multi_head_attention.h"

namespace heed::nn {

struct TransformerLayerOptions {
  MultiHeadAttentionOptions attention;
  int64_t d_ff = 1024;
  double dropout = 0.1, activation_dropout = 0;
  std::string activation = "gelu";
  bool pre_norm = true;
  double norm_epsilon = 1e-5;
  bool cross = false;  ///< decoder layer: attends to the encoder's output between the other two sublayers
  bool attention_residual = true;  ///< residual connections around the attention sublayers
};

/// The blocks that the operations of a layer's step write.
struct LayerBlocks {
  StepBlock stream;  ///< residual stream, [rows, d_model]
  StepBlock normed;  ///< [rows, d_model], private
  StepBlock joined, found, inside, product;
};

/// A layer's caches for the rows that are being decoded.
struct LayerCache {
  KeyValueCache own;
  at::Tensor remembered{};    ///< result of CrossAttention::remember; undefined without `cross`
  bool keep_weights = false;  ///< whether each step stores its cross-attention weights in `weights`
  at::Tensor weights{};       ///< [queries, heads, source_length]
};

/// A Transformer layer: self-attention and feed-forward sublayers, in a decoder with cross-attention between
/// them, with residual connections, dropout on each sublayer's output and activation_dropout inside the
/// feed-forward sublayer. Post-norm is Vaswani et al. 2017; pre-norm is Wang et al. 2019, arXiv:1906.01787.
/// Without `attention_residual` an attention sublayer's output replaces its input instead of being added to it.
///
/// input    [batch, length, d_model]
/// returns  [batch, length, d_model]
class TransformerLayerImpl : public torch::nn::Module {
 public:
  explicit TransformerLayerImpl(const TransformerLayerOptions& options);

  at::Tensor forward(const at::Tensor& input, const attention::Extents& extents, const Memory& memory = {});
  /// Decoding step: input [queries, d_model] of the index's latest advance(); with `cross`, `memory` of the
  /// same.
  at::Tensor step(const at::Tensor& input, LayerCache& cache, const RowIndex& index,
                  const StepQueries& memory = {});
  /// Records the same as operations of a program, without `cross`. `input` is the layer's input; returns its output.
  StepBlock record(StepProgram& program, LayerCache& cache, StepBlock input, const LayerBlocks& blocks);
  /// Makes the blocks that the layers of a stack share; the first of them is the stack's input.
  LayerBlocks step_blocks(StepProgram& program) const;
  LayerCache make_cache(const RowIndex& index, const Memory& memory = {});
  MultiHeadAttention& attention() { return attention_; }
  CrossAttention& cross_attention() { return cross_attention_; }
  /// Returns the input of self-attention for a layer input.
  at::Tensor attention_input(const at::Tensor& input);
  /// Returns the input of cross-attention for a layer input.
  at::Tensor cross_attention_input(const at::Tensor& input, const attention::Extents& extents);

 private:
  template <class Body>
  at::Tensor residual(const at::Tensor& input, torch::nn::LayerNorm& norm, const Body& body);
  template <class Body>
  at::Tensor attend(const at::Tensor& input, torch::nn::LayerNorm& norm, const Body& body);
  at::Tensor feed_forward(const at::Tensor& input);

  TransformerLayerOptions options_;
  MultiHeadAttention attention_{nullptr};
  CrossAttention cross_attention_{nullptr};  ///< empty without `cross`
  Linear expand_{nullptr}, contract_{nullptr};
  torch::nn::LayerNorm attention_norm_{nullptr}, cross_attention_norm_{nullptr}, feed_forward_norm_{nullptr};
  Dropout dropout_{nullptr}, activation_dropout_{nullptr};
};
TORCH_MODULE(TransformerLayer);

}  // namespace heed::nn
