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

std::unique_ptr<DecoderState> SequenceModel::start_beams(int64_t inputs, int64_t rows_per_input,
                                                         int64_t capacity) {
  TORCH_CHECK(rows_per_input == 1,
              "[start_beams] the states of this model have no room for several rows an input");
  return start(inputs, capacity);
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
