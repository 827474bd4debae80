// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>

#include "heed/attention/attention.h"
#include "heed/nn/causal_attention.h"
#include "heed/nn/dropout.h"
#include "heed/nn/linear.h"
#include "heed/nn/locked_dropout.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/sru.h"

namespace heed::models {

struct SruPlusPlusLayerOptions {
  int64_t hidden = 3072, projection = 768, heads = 1;
  bool attends = true;
  double dropout = 0.22;       ///< before the product with W_o
  double cell_dropout = 0.22;  ///< locked, on the cells in the outputs
  double attention_dropout = 0.22;
  double highway_bias = -2;
  attention::Backend backend = attention::Backend::kAuto;
};

/// A layer of SRU++ (Lei 2021, arXiv:2102.12459, section 3) over x [length, rows, hidden]:
///   Q = W_q x,  K, V = W_kv Q                 queries, keys and values of width `projection`
///   U = W_o norm(Q + alpha attend(Q, K, V))   three times `hidden` wide; alpha is one number, 0 at first
///   h = SRU(U, x)                             nn/sru.h
/// Without attention U = W_o norm(Q).
class SruPlusPlusLayerImpl : public torch::nn::Module {
 public:
  explicit SruPlusPlusLayerImpl(const SruPlusPlusLayerOptions& options);

  at::Tensor forward(const at::Tensor& x);
  /// Queries and keys of a layer that attends, for the layer's input.
  nn::AttentionTrace trace(const at::Tensor& x);

  // Steps, in two pieces.
  bool attends() const { return options_.attends; }
  nn::KeyValueCache make_cache(const nn::RowIndex& index) const;
  /// x [tokens, hidden] of the index's latest advance() to U and x side by side, [tokens, 4 * hidden].
  at::Tensor step_products(const at::Tensor& x, nn::KeyValueCache* cache, const nn::RowIndex& index);
  /// The recurrence of one token of some rows: joined [n, 4 * hidden], cell [n, hidden], which it replaces.
  at::Tensor step_recurrence(const at::Tensor& joined, at::Tensor& cell);

 private:
  at::Tensor products(const at::Tensor& mixed);

  SruPlusPlusLayerOptions options_;
  nn::Linear query_{nullptr}, key_value_{nullptr}, output_{nullptr};
  at::Tensor alpha_;
  torch::nn::LayerNorm norm_{nullptr};
  nn::SruRecurrence recurrence_{nullptr};
  nn::CausalAttention attention_{nullptr};
  nn::Dropout dropout_{nullptr};
  nn::LockedDropout cell_dropout_{nullptr};
};
TORCH_MODULE(SruPlusPlusLayer);

}  // namespace heed::models
