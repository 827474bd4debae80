// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// Base of a module that has embeddings as plain parameters: tables with a row per relation, image row or
/// image column. It lists them here, so that weight decay skips them like those of torch::nn::Embedding.
class HoldsEmbeddings {
 public:
  virtual ~HoldsEmbeddings() = default;
  /// Embedding parameters of this module itself; undefined ones are ignored.
  virtual std::vector<at::Tensor> embeddings() const = 0;
};

}  // namespace heed::nn
