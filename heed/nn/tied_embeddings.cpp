// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/tied_embeddings.h"

#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

namespace heed::nn {

TiedEmbeddings::TiedEmbeddings(torch::nn::Module& owner, const TiedEmbeddingOptions& options,
                               const std::string& model) {
  TORCH_CHECK(options.vocabulary > 0, "[", model, "] vocabulary must be set");
  const double range = options.initial_range;
  tokens_ = owner.register_module("tokens", torch::nn::Embedding(options.vocabulary, options.width));
  torch::nn::init::uniform_(tokens_->weight, -range, range);
  if (options.tie) {
    TORCH_CHECK(options.width == options.output_width, "[", model,
                "] tied embeddings need outputs of their width, got ", options.width, " and ",
                options.output_width);
    bias_ = owner.register_parameter("output_bias", at::zeros({options.vocabulary}));
    return;
  }
  output_ = owner.register_module("output", Linear(options.output_width, options.vocabulary));
  torch::nn::init::uniform_(output_->weight, -range, range);
  torch::nn::init::zeros_(output_->bias);
}

OutputLayer TiedEmbeddings::output_layer() {
  if (output_) return {output_->weight, output_->bias, &packed_};
  return {tokens_->weight, bias_, &packed_};
}

}  // namespace heed::nn
