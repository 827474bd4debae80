// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "heed/attention/attention.h"
#include "heed/nn/cached_attention.h"
#include "heed/nn/linear.h"
#include "heed/nn/memory.h"
#include "heed/nn/sequence_model.h"

namespace heed::nn {

/// Attention of a recurrent decoder to the encoder's output, with the bilinear ("general") score of Luong et
/// al. 2015, arXiv:1508.04025:
///   score(t, s) = (W h_t) . m_s,  context_t = sum_s softmax(score)_s m_s
class BilinearAttentionImpl : public torch::nn::Module {
 public:
  BilinearAttentionImpl(int64_t hidden, int64_t memory, const std::string& backend);

  /// hidden [batch, target_length, hidden] -> [batch, target_length, memory].
  at::Tensor forward(const at::Tensor& hidden, const Memory& memory);
  /// Decoding step: hidden [queries, hidden]; states [inputs, source_length, memory]; `seen` from
  /// MemoryIndex. `weights` as in cached_attention().
  at::Tensor step(const at::Tensor& hidden, const at::Tensor& states, const StepQueries& seen,
                  at::Tensor* weights = nullptr);
  AttentionTrace trace(const at::Tensor& hidden, const Memory& memory);

 private:
  attention::Spec spec(const at::Tensor& lengths) const;

  attention::Backend backend_;
  Linear query_{nullptr};
};
TORCH_MODULE(BilinearAttention);

}  // namespace heed::nn
