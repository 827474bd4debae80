// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/cached_attention.h"
#include "heed/nn/linear.h"
#include "heed/nn/memory.h"
#include "heed/nn/sequence_model.h"

namespace heed::nn {

/// v . tanh(query_t + key_s) for each t and s.
///
/// query    [batch, target_length, width], key [batch, source_length, width], v [width]; one device, any
///          floating dtypes
/// returns  [batch, target_length, source_length], float64 where the query is, else float32
///
/// Extra memory a few MB in both directions, or what one target position of the batch needs: the hidden layer
/// is computed for some target positions at a time and again in the backward pass. Differentiable once.
at::Tensor additive_scores(const at::Tensor& query, const at::Tensor& key, const at::Tensor& v);

/// Attention of a recurrent decoder to what was read, scored by a network with one hidden layer, which is as
/// wide as what was read (Bahdanau et al. 2014, arXiv:1409.0473; Wu et al. 2016, arXiv:1609.08144, equation
/// 4):
///   score(t, s) = v . tanh(W h_t + U m_s + b),  context_t = sum_s softmax(score)_s m_s
/// v has a length and a direction of its own, v = g d / |d| (Salimans and Kingma 2016, arXiv:1602.07868), as
/// in the code that was published for GNMT: parameters `length` [1] and `direction` [memory].
///
/// In inference on the CPU in float32 (with RowInvariantScope) a row's bits depend on nothing beside it, not
/// on the padding either, and forward() gives those of step().
class AdditiveAttentionImpl : public torch::nn::Module {
 public:
  AdditiveAttentionImpl(int64_t hidden, int64_t memory);

  /// hidden [batch, target_length, hidden] -> [batch, target_length, memory].
  at::Tensor forward(const at::Tensor& hidden, const Memory& memory);

  /// A memory for steps: its states become [sentences, source_length, 2 * memory], U m_s and m_s side by
  /// side.
  Memory remember(const Memory& memory);
  /// Decoding: hidden [queries, hidden]; `remembered` are states of remember(), `seen` by MemoryIndex.
  /// `weights` as in cached_attention().
  at::Tensor step(const at::Tensor& hidden, const at::Tensor& remembered, const StepQueries& seen,
                  at::Tensor* weights = nullptr);
  AttentionTrace trace(const at::Tensor& hidden, const Memory& memory);

 private:
  at::Tensor v() const;
  at::Tensor attend_by_query(const at::Tensor& query, const at::Tensor& remembered, const StepQueries& seen,
                             at::Tensor* weights);

  int64_t width_;
  Linear query_{nullptr}, key_{nullptr};  ///< W with b; U
  at::Tensor length_, direction_;
};
TORCH_MODULE(AdditiveAttention);

}  // namespace heed::nn
