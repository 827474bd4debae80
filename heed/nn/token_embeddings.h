// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>

#include "heed/core/field.h"
#include "heed/nn/linear.h"
#include "heed/nn/sequence_to_sequence.h"

namespace heed::nn {

struct TokenEmbeddingOptions {
  int64_t source_vocabulary = 0, vocabulary = 0;  ///< vocabulary: target side
  int64_t width = 512;
  std::string tie = "decoder";  ///< none, decoder, all
};
/// Returns the field that every translation model has.
Field tie_embeddings_field(std::string& tie);

/// Embeddings of both languages and the output layer from hidden states to logits, which may share their
/// matrices (Press and Wolf 2017, arXiv:1608.05859). A tied output layer has no bias.
///
/// The modules are registered in `owner` as `tokens`, `source_tokens` and `output`.
class TokenEmbeddings {
 public:
  /// Throws c10::Error, with `model`'s name, if a vocabulary is not set or "all" is used with two different
  /// ones.
  TokenEmbeddings(torch::nn::Module& owner, const TokenEmbeddingOptions& options, const std::string& model);

  /// tokens [...] int64 -> [..., width]
  at::Tensor source(const at::Tensor& tokens) { return source_tokens_->forward(tokens); }
  at::Tensor target(const at::Tensor& tokens) { return tokens_->forward(tokens); }
  const at::Tensor& target_table() const { return tokens_->weight; }
  OutputLayer output_layer();

 private:
  torch::nn::Embedding tokens_{nullptr}, source_tokens_{nullptr};
  Linear output_{nullptr};  ///< empty if tied
  PackedWeight packed_;     ///< output layer in inference
};

}  // namespace heed::nn
