// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/rnn.h>

#include "heed/core/field.h"
#include "heed/nn/dropout.h"
#include "heed/nn/linear.h"
#include "heed/nn/sequence_model.h"

namespace heed::models {

struct LstmOptions {
  int64_t vocabulary = 0;
  int64_t embedding = 512, hidden = 512, layers = 3;
  double dropout = 0.1;
  bool attention = false;
  int64_t attention_heads = 1;
  bool tie_embeddings = false;
  std::string attention_backend = "auto";
};
std::vector<Field> fields(LstmOptions& options);

/// PerformanceRNN, the recurrent baseline for expressive piano music: LSTM layers over event embeddings. Oore
/// et al. 2018, This Time with Feeling, arXiv:1808.03715; 3 layers of 512 as in Magenta.
///
/// With `attention`, each output h_t attends to all outputs of the last layer up to its own:
///   score(t, s) = (W_a h_t) . h_s / sqrt(head_dim), s <= t
///   context_t   = sum_s softmax(score)_s h_s
///   output_t    = tanh(W_c [context_t, h_t])
/// This is the "general" score and combination of Luong et al. 2015, arXiv:1508.04025, applied to the model's
/// own past. Magenta's attention_rnn feeds the attention over its last 40 steps (Bahdanau et al. 2014,
/// arXiv:1409.0473) back into the cell and must therefore train step by step; this form sees the whole past
/// and trains in parallel.
///
/// Departures from the paper: embeddings (scaled by sqrt(embedding)) instead of one-hot input; dropout on
/// embeddings, between layers and on outputs. The bias of the forget gates starts at 1, as in Magenta.
///
/// Ignores positions: the state implies them. Refuses packed segments, since the state cannot be reset in the
/// middle of a row: train with packing off. Memory of decoding: 2 * layers * hidden values per row, and 2 *
/// capacity * hidden more with attention.
class Lstm : public nn::SequenceModel {
 public:
  /// Throws c10::Error for invalid sizes (tied embeddings need embedding == hidden).
  explicit Lstm(const LstmOptions& options);

  at::Tensor features(const nn::Sequence& input) override;
  nn::OutputLayer output_layer() override;
  std::unique_ptr<nn::DecoderState> start(int64_t rows, int64_t capacity) override {
    return start_beams(rows, 1, capacity);
  }
  std::unique_ptr<nn::DecoderState> start_beams(int64_t inputs, int64_t rows_per_input,
                                                int64_t capacity) override;
  at::Tensor step(const nn::StepTokens& tokens, nn::DecoderState& state) override;
  int64_t vocabulary_size() const override { return options_.vocabulary; }
  int64_t attention_layers() const override { return options_.attention ? 1 : 0; }
  nn::AttentionTrace trace(const nn::Sequence& input, int64_t layer) override;
  std::vector<nn::PackedWeight*> packed_weights() override;

 private:
  at::Tensor embed(const at::Tensor& tokens);
  at::Tensor outputs(const nn::Sequence& input);
  at::Tensor fused_outputs(const at::Tensor& embedded);
  at::Tensor split_heads(const at::Tensor& hidden) const;
  at::Tensor combine(const at::Tensor& context, const at::Tensor& hidden);

  /// Weights of a layer, shared with lstm_, and their packed forms for steps.
  struct Layer {
    at::Tensor input, recurrent, input_bias, recurrent_bias;
    nn::PackedWeight packed_input, packed_recurrent;
  };
  struct State;
  at::Tensor step_layer(size_t number, const at::Tensor& input, const std::vector<nn::TokenColumn>& columns,
                        State& state);

  LstmOptions options_;
  torch::nn::Embedding tokens_{nullptr};
  torch::nn::LSTM lstm_{nullptr};
  std::vector<Layer> steps_;
  nn::Linear query_{nullptr}, combine_{nullptr};  ///< empty without attention
  nn::Dropout dropout_{nullptr};
  nn::Linear output_{nullptr};      ///< empty if tied
  nn::PackedWeight packed_output_;  ///< output layer in inference
};

}  // namespace heed::models
