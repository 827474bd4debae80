// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/attention/attention.h"
#include "heed/nn/cached_attention.h"
#include "heed/nn/row_index.h"
#include "heed/nn/sequence_model.h"

namespace heed::nn {

struct CausalAttentionOptions {
  int64_t width = 0, heads = 1;  ///< heads divide the width
  double dropout = 0;            ///< of the attention weights
  attention::Backend backend = attention::Backend::kAuto;
};

/// Causal self-attention as recurrent models use it: time comes first, and queries, keys and values are the model's own;
/// nothing is learned here.
///
/// query, key, value  [length, rows, width]
/// returns            [length, rows, width]
class CausalAttentionImpl : public torch::nn::Module {
 public:
  explicit CausalAttentionImpl(const CausalAttentionOptions& options);

  at::Tensor forward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value);
  AttentionTrace trace(const at::Tensor& query, const at::Tensor& key) const;

  /// A cache with the dtype and device of `like`; rounded to bfloat16 where weights are read as `weights`, if that is less
  /// than float32.
  KeyValueCache make_cache(const RowIndex& index, const at::Tensor& like, WeightType weights) const;
  /// Decoding step: writes key_value [queries, 2 * width] of the index's latest advance() to the cache; each query
  /// [queries, width] attends to what its row has consumed.
  at::Tensor step(const at::Tensor& query, const at::Tensor& key_value, KeyValueCache& cache,
                  const RowIndex& index) const;

 private:
  attention::Spec spec() const;

  CausalAttentionOptions options_;
};
TORCH_MODULE(CausalAttention);

}  // namespace heed::nn
