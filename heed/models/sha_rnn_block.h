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
#include "heed/nn/lstm.h"
#include "heed/nn/sequence_model.h"

namespace heed::models {

struct ShaRnnBlockOptions {
  int64_t hidden = 1024, boom = 4096, heads = 1;
  bool attends = false;
  double dropout = 0.1, attention_dropout = 0.1;
  attention::Backend backend = attention::Backend::kAuto;
};

/// A block of SHA-RNN (Merity 2019, arXiv:1911.11423, figure 1), over x [length, rows, hidden]:
///   x = LSTM(norm(x))                              without a residual connection
///   x = norm(x) + attend(norm'(x))                 in a block that attends
///   x = norm(x) + boom(norm'(x))
/// Boom widens to `boom` numbers, applies GELU, and adds up the pieces of `hidden` numbers: the way back has no matrix.
/// Queries are a linear map of the first norm of x, itself normed. Keys and values are the other norm of x, which needs no
/// matrix. Queries, keys and values are scaled by a learned vector each, the query's and the key's through a sigmoid, the
/// value's through a sigmoid and a gated layer ("over-parameterised"), which is a constant of the input.
class ShaRnnBlockImpl : public torch::nn::Module {
 public:
  explicit ShaRnnBlockImpl(const ShaRnnBlockOptions& options);

  at::Tensor forward(const at::Tensor& x);
  /// Queries and keys of a block that attends, for the block's input.
  nn::AttentionTrace trace(const at::Tensor& x);

  // The same in pieces, for steps.
  nn::LstmLayerImpl& lstm() { return *lstm_; }
  bool attends() const { return options_.attends; }
  at::Tensor lstm_input(const at::Tensor& x);
  at::Tensor feed_forward(const at::Tensor& x);
  nn::KeyValueCache make_cache(const nn::RowIndex& index) const;
  /// x [tokens, hidden] of the index's latest advance().
  at::Tensor attend_step(const at::Tensor& x, nn::KeyValueCache& cache, const nn::RowIndex& index);

 private:
  struct Projected {
    at::Tensor stream, query, key, value;
  };
  Projected project(const at::Tensor& x);
  at::Tensor attend(const at::Tensor& x);
  at::Tensor recur(const at::Tensor& x);

  ShaRnnBlockOptions options_;
  torch::nn::LayerNorm start_norm_{nullptr}, stream_norm_{nullptr}, memory_norm_{nullptr},
      query_norm_{nullptr}, boom_stream_norm_{nullptr}, boom_norm_{nullptr};
  nn::LstmLayer lstm_{nullptr};
  nn::Linear query_{nullptr}, over_{nullptr}, boom_{nullptr};
  at::Tensor query_scale_, key_scale_, value_scale_;  ///< [hidden]
  nn::CausalAttention attention_{nullptr};
  nn::Dropout dropout_{nullptr};
};
TORCH_MODULE(ShaRnnBlock);

}  // namespace heed::models
