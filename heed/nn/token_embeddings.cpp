// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/token_embeddings.h"

#include <cmath>

#include <torch/nn/init.h>

namespace heed::nn {

Field tie_embeddings_field(std::string& tie) {
  return {"tie_embeddings", &tie,
          "share one matrix between target and output (decoder), also with the source (all), or none",
          one_of({"none", "decoder", "all"})};
}

TokenEmbeddings::TokenEmbeddings(torch::nn::Module& owner, const TokenEmbeddingOptions& options,
                                 const std::string& model) {
  const bool all = options.tie == "all";
  TORCH_CHECK(options.vocabulary > 0 && options.source_vocabulary > 0, "[", model,
              "] vocabularies must be set");
  TORCH_CHECK(!all || options.vocabulary == options.source_vocabulary, "[", model,
              "] tie_embeddings = \"all\" needs one vocabulary for both languages, got ",
              options.source_vocabulary, " and ", options.vocabulary,
              " pieces; take \"decoder\" or \"none\"");
  const double deviation = 1.0 / std::sqrt(static_cast<double>(options.width));
  const auto embedding = [&](const char* name, int64_t rows) {
    auto module = owner.register_module(name, torch::nn::Embedding(rows, options.width));
    torch::nn::init::normal_(module->weight, 0.0, deviation);
    return module;
  };
  tokens_ = embedding("tokens", options.vocabulary);
  source_tokens_ = all ? tokens_ : embedding("source_tokens", options.source_vocabulary);
  if (options.tie != "none") return;
  output_ = owner.register_module("output", Linear(options.width, options.vocabulary));
  torch::nn::init::normal_(output_->weight, 0.0, deviation);
  torch::nn::init::zeros_(output_->bias);
}

OutputLayer TokenEmbeddings::output_layer() {
  if (output_) return {output_->weight, output_->bias, &packed_};
  return {tokens_->weight, {}, &packed_};
}

}  // namespace heed::nn
