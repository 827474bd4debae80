// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/sequence_to_sequence.h"

namespace heed::nn {

at::Tensor SequenceToSequenceModel::logits(const at::Tensor& features) {
  const OutputLayer output = output_layer();
  return linear(features, output.weight, output.bias, output.packed);
}

std::vector<PackedWeight*> SequenceToSequenceModel::packed_weights() {
  PackedWeight* packed = output_layer().packed;
  return packed ? std::vector{packed} : std::vector<PackedWeight*>();
}

void SourceState::keep_cross_attention() {
  TORCH_CHECK(false, "[keep_cross_attention] the steps of this model do not tell what they attend to");
}

AttentionTrace SequenceToSequenceModel::trace(const Source&, const at::Tensor&, AttentionPart,
                                              int64_t layer) {
  TORCH_CHECK(false, "[trace] this model has no attention layer ", layer, " of that part");
}

}  // namespace heed::nn
