// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/core/field.h"
#include "heed/nn/locked_dropout.h"
#include "heed/nn/lstm.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/tied_embeddings.h"

namespace heed::models {

struct AwdLstmOptions {
  int64_t vocabulary = 0;
  int64_t embedding = 400, hidden = 1150, layers = 3;
  double word_dropout = 0.1;    ///< of whole words of the embedding
  double input_dropout = 0.65;  ///< locked, on embeddings
  double hidden_dropout = 0.3;  ///< locked, between layers
  double output_dropout = 0.4;  ///< locked, on the last layer's outputs
  double weight_drop = 0.5;     ///< of recurrent weights
  double activation_penalty = 2, slowness_penalty = 1;
  bool tie_embeddings = true;
};
std::vector<Field> fields(AwdLstmOptions& options);

/// AWD-LSTM, the LSTM of word language models: Merity et al. 2017, Regularizing and Optimizing LSTM Language Models,
/// arXiv:1708.02182. Each training pass drops recurrent weights, the same ones at every step (DropConnect), whole words
/// of the embedding, and the same numbers of a row at every step of embeddings, hidden layers and outputs. The last layer
/// is as wide as the embeddings, which the output layer shares, with a bias of its own.
///
/// auxiliary_loss() after a training pass: activation_penalty times the mean square of the last layer's outputs after
/// dropout (AR), and slowness_penalty times the mean square of the differences of its outputs from step to step (TAR).
/// Losses are means per token, as in the paper.
///
/// Departures: biases of forget gates begin at 1; examples begin with a state of zeros (no state is carried from one
/// training example to the next, so take long crops); no averaged SGD (training.moving_average averages weights).
///
/// Ignores positions: the state implies them. Refuses packed segments: train with packing off. Memory of decoding: two
/// numbers per unit of each layer and row.
class AwdLstm : public nn::SequenceModel {
 public:
  /// Throws c10::Error for invalid sizes.
  explicit AwdLstm(const AwdLstmOptions& options);

  at::Tensor features(const nn::Sequence& input) override;
  nn::OutputLayer output_layer() override { return tokens_.output_layer(); }
  at::Tensor auxiliary_loss() override { return penalty_; }
  std::unique_ptr<nn::DecoderState> start(int64_t rows, int64_t capacity) override {
    return start_beams(rows, 1, capacity);
  }
  std::unique_ptr<nn::DecoderState> start_beams(int64_t inputs, int64_t rows_per_input,
                                                int64_t capacity) override;
  at::Tensor step(const nn::StepTokens& tokens, nn::DecoderState& state) override;
  int64_t vocabulary_size() const override { return options_.vocabulary; }

 private:
  nn::LstmLayerImpl& layer(int64_t index) const;
  at::Tensor penalty(const at::Tensor& outputs, const at::Tensor& dropped) const;

  AwdLstmOptions options_;
  nn::TiedEmbeddings tokens_;
  torch::nn::ModuleList layers_;
  nn::LockedDropout input_dropout_{nullptr}, hidden_dropout_{nullptr}, output_dropout_{nullptr};
  at::Tensor penalty_;  ///< of the latest training pass
};

}  // namespace heed::models
