// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/sequence_to_sequence.h"

namespace heed::nn {

at::Tensor SequenceToSequenceModel::logits(const at::Tensor& features) {
  return output_layer().logits(features);
}

std::vector<PackedWeight*> SequenceToSequenceModel::packed_weights() {
  PackedWeight* packed = output_layer().packed;
  return packed ? std::vector{packed} : std::vector<PackedWeight*>();
}

AttentionTrace SequenceToSequenceModel::trace(const Source&, const at::Tensor&, AttentionPart,
                                              int64_t layer) {
  TORCH_CHECK(false, "[trace] this model has no attention layer ", layer, " in this part");
}

}  // namespace heed::nn
