// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>

#include "heed/nn/linear.h"
#include "heed/nn/output_layer.h"

namespace heed::nn {

struct TiedEmbeddingOptions {
  int64_t vocabulary = 0, width = 0;
  int64_t output_width = 0;  ///< width of the output layer's input; tied: must be `width`
  bool tie = true;
  double initial_range = 0.1;  ///< weights begin uniform in +-this
};

/// The token embeddings and the output layer of a language model, which may share their matrix (Press and Wolf 2017,
/// arXiv:1608.05859; Inan et al. 2016, arXiv:1611.01462). The output layer has a bias either way, 0 at first.
///
/// The modules and parameters are registered in `owner` as `tokens`, and `output_bias` if tied, else `output`.
class TiedEmbeddings {
 public:
  /// Throws c10::Error, with `model`'s name, if the vocabulary is not set or tied widths differ.
  TiedEmbeddings(torch::nn::Module& owner, const TiedEmbeddingOptions& options, const std::string& model);

  /// tokens [...] int64 -> [..., width]
  at::Tensor forward(const at::Tensor& tokens) { return tokens_->forward(tokens); }
  at::Tensor& table() { return tokens_->weight; }
  OutputLayer output_layer();

 private:
  torch::nn::Embedding tokens_{nullptr};
  Linear output_{nullptr};  ///< empty if tied
  at::Tensor bias_;         ///< undefined if not tied
  PackedWeight packed_;     ///< output layer in inference
};

}  // namespace heed::nn
