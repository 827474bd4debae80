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

/// Returns v . tanh(query_t + key_s) for all t and s.
///
/// query    [batch, target_length, width], key [batch, source_length, width], v [width]; one device, any
///          floating dtypes
/// returns  [batch, target_length, source_length], float64 if the query is, else float32
///
/// Extra memory is a few MB in both passes, or that of one target position of the batch if larger: the hidden
/// layer is computed for a few target positions at a time, and again in the backward pass. Differentiable
/// once.
at::Tensor additive_scores(const at::Tensor& query, const at::Tensor& key, const at::Tensor& v);

/// Attention of a recurrent decoder to the encoder's output, scored by a network with one hidden layer of the
/// memory's width (Bahdanau et al. 2014, arXiv:1409.0473; Wu et al. 2016, arXiv:1609.08144, equation 4):
///   score(t, s) = v . tanh(W h_t + U m_s + b),  context_t = sum_s softmax(score)_s m_s
/// v has a separate length and direction, v = g d / |d| (Salimans and Kingma 2016, arXiv:1602.07868), as in
/// the published code of GNMT: parameters `length` [1] and `direction` [memory].
///
/// In float32 inference on the CPU (with RowInvariantScope) the bits of a row do not depend on other rows or
/// on padding, and forward() has the same bits as step().
class AdditiveAttentionImpl : public torch::nn::Module {
 public:
  AdditiveAttentionImpl(int64_t hidden, int64_t memory);

  /// hidden [batch, target_length, hidden] -> [batch, target_length, memory].
  at::Tensor forward(const at::Tensor& hidden, const Memory& memory);

  /// Prepares a memory for steps: its states become [sentences, source_length, 2 * memory], U m_s and m_s
  /// side by side.
  Memory remember(const Memory& memory);
  /// Decoding step: hidden [queries, hidden]; `remembered` has the states of remember(), `seen` comes from
  /// MemoryIndex. `weights` as in cached_attention().
  at::Tensor step(const at::Tensor& hidden, const at::Tensor& remembered, const StepQueries& seen,
                  at::Tensor* weights = nullptr);
  AttentionTrace trace(const at::Tensor& hidden, const Memory& memory);

 private:
  at::Tensor v() const;
  at::Tensor attend_by_query(const at::Tensor& query, const at::Tensor& remembered, const StepQueries& seen,
                             at::Tensor* weights);

  int64_t width_;
  Linear query_{nullptr}, key_{nullptr};  ///< query_: W with b; key_: U
  at::Tensor length_, direction_;
};
TORCH_MODULE(AdditiveAttention);

}  // namespace heed::nn
