// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/sequence_model.h"

namespace heed::nn {

at::Tensor SequenceModel::logits(const at::Tensor& features) {
  return output_layer().logits(features);
}

std::vector<PackedWeight*> SequenceModel::packed_weights() {
  PackedWeight* packed = output_layer().packed;
  return packed ? std::vector{packed} : std::vector<PackedWeight*>();
}

AttentionTrace SequenceModel::trace(const Sequence& input, int64_t layer) {
  TORCH_CHECK(false, "[trace] this model has no attention layer ", layer);
}

int64_t parameter_count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

}  // namespace heed::nn
