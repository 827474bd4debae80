// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// Base of a module that holds embeddings as plain parameters: tables with a row for each relation, row or
/// column. It names them here, so that weight decay leaves them alone as it does those of
/// torch::nn::Embedding.
class HoldsEmbeddings {
 public:
  virtual ~HoldsEmbeddings() = default;
  /// Parameters of this module itself; undefined ones count nothing.
  virtual std::vector<at::Tensor> embeddings() const = 0;
};

}  // namespace heed::nn
