// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/core/field.h"
#include "heed/models/sru_plus_plus_layer.h"
#include "heed/nn/dropout.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/tied_embeddings.h"

namespace heed::models {

struct SruPlusPlusOptions {
  int64_t vocabulary = 0;
  int64_t hidden = 3072, projection = 768, layers = 10, heads = 1;
  int64_t attention_every = 1;
  double dropout = 0.22, attention_dropout = 0.22;
  double highway_bias = -2;
  bool tie_embeddings = false;
  std::string attention_backend = "auto";
};
std::vector<Field> fields(SruPlusPlusOptions& options);

/// SRU++: Lei 2021, When Attention Meets Fast Recurrence, arXiv:2102.12459. A stack of simple recurrent units
/// (sru_plus_plus_layer.h) whose matrix product is replaced by attention to the past in every `attention_every`-th layer,
/// and by two products through the narrow `projection` in the others. The recurrence gives order, so there are no
/// positions.
///
/// Departures from the author's program: examples begin without state and memory (take long crops); no adaptive embeddings.
///
/// Refuses packed segments, because the state cannot be reset inside a row. Memory of decoding: layers * hidden numbers for
/// each row, and 2 * capacity * projection for each layer that attends.
class SruPlusPlus : public nn::SequenceModel {
 public:
  /// Throws c10::Error for invalid sizes.
  explicit SruPlusPlus(const SruPlusPlusOptions& options);

  at::Tensor features(const nn::Sequence& input) override;
  nn::OutputLayer output_layer() override { return tokens_.output_layer(); }
  std::unique_ptr<nn::DecoderState> start(int64_t rows, int64_t capacity) override {
    return start_beams(rows, 1, capacity);
  }
  std::unique_ptr<nn::DecoderState> start_beams(int64_t inputs, int64_t rows_per_input,
                                                int64_t capacity) override;
  at::Tensor step(const nn::StepTokens& tokens, nn::DecoderState& state) override;
  int64_t vocabulary_size() const override { return options_.vocabulary; }
  int64_t attention_layers() const override { return options_.layers / options_.attention_every; }
  nn::AttentionTrace trace(const nn::Sequence& input, int64_t layer) override;

 private:
  SruPlusPlusLayerImpl& layer(int64_t index) const;
  at::Tensor run_layers(const nn::Sequence& input, int64_t layers);

  SruPlusPlusOptions options_;
  nn::TiedEmbeddings tokens_;
  torch::nn::ModuleList layers_;
  nn::Dropout dropout_{nullptr};
};

}  // namespace heed::models
