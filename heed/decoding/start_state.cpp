// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/start_state.h"

#include <ATen/ops/tensor.h>

#include "heed/nn/inference_scope.h"

namespace heed::decoding {
namespace {

/// Selects rows of a tensor, on the model's device.
at::Tensor take(const at::Tensor& tensor, const std::vector<int64_t>& rows, const torch::nn::Module& model) {
  return tensor.index_select(0, at::tensor(rows, at::kLong).to(tensor.device())).to(nn::device_of(model));
}

}  // namespace

StartState start_sequences(nn::SequenceModel& model, int64_t capacity, int64_t rows_per_input) {
  return [&model, capacity, rows_per_input](const std::vector<int64_t>& inputs) {
    return model.start_beams(std::ssize(inputs), rows_per_input, capacity);
  };
}

StartState start_sentences(nn::SequenceToSequenceModel& model, const nn::Source& source, int64_t rows,
                           int64_t capacity) {
  return [&model, &source, rows, capacity](const std::vector<int64_t>& inputs) {
    return model.start({take(source.tokens, inputs, model), take(source.lengths, inputs, model)}, rows,
                       capacity);
  };
}

StartState start_images(nn::PixelModel& model, const nn::ImageCondition& condition) {
  return [&model, &condition](const std::vector<int64_t>& inputs) {
    nn::ImageCondition own;
    if (condition.labels) own.labels = take(*condition.labels, inputs, model);
    if (condition.source) own.source = take(*condition.source, inputs, model);
    return model.start(std::ssize(inputs), own);
  };
}

}  // namespace heed::decoding
