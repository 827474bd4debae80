// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/normalization.h>

#include "heed/core/field.h"
#include "heed/models/carried_state.h"
#include "heed/nn/dropout.h"
#include "heed/nn/lstm.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/tied_embeddings.h"
#include "heed/nn/transformer_layer.h"

namespace heed::models {

struct RTransformerOptions {
  int64_t vocabulary = 0;
  int64_t d_model = 512, heads = 8, layers = 3, d_ff = 2048;
  int64_t window = 7;  ///< positions that the local recurrence sees
  double dropout = 0.15, attention_dropout = 0;
  std::string activation = "relu";
  bool tie_embeddings = true;
  std::string attention_backend = "auto";
};
std::vector<Field> fields(RTransformerOptions& options);

/// R-Transformer: Wang et al. 2019, arXiv:1907.05572. Each layer has three sublayers, each with a norm before it and a
/// residual connection around it: a recurrent network that runs over each position's last `window` positions, from zeros
/// for each of them; causal multi-head self-attention; a feed-forward network. The recurrence gives order, so there are
/// no positions. Before the first position come inputs of zeros, as in the authors' program.
///
/// Departures: the recurrence is an LSTM (the authors try several); a norm after the last layer.
///
/// Refuses packed segments, because a window would reach into the piece before. Memory in training: 10 * window * d_model
/// numbers for each position and layer, in decoding (window - 1) * 4 * d_model for each row and layer beside the
/// attention's cache. A window costs as many steps of the recurrence for each token.
class RTransformer : public nn::SequenceModel {
 public:
  /// Throws c10::Error for invalid sizes.
  explicit RTransformer(const RTransformerOptions& options);

  at::Tensor features(const nn::Sequence& input) override;
  nn::OutputLayer output_layer() override { return tokens_.output_layer(); }
  std::unique_ptr<nn::DecoderState> start(int64_t rows, int64_t capacity) override {
    return start_beams(rows, 1, capacity);
  }
  std::unique_ptr<nn::DecoderState> start_beams(int64_t inputs, int64_t rows_per_input,
                                                int64_t capacity) override;
  at::Tensor step(const nn::StepTokens& tokens, nn::DecoderState& state) override;
  int64_t vocabulary_size() const override { return options_.vocabulary; }
  int64_t attention_layers() const override { return options_.layers; }
  nn::AttentionTrace trace(const nn::Sequence& input, int64_t layer) override;

 private:
  struct State;
  nn::LstmLayerImpl& recurrence(int64_t index) const;
  nn::TransformerLayerImpl& layer(int64_t index) const;
  at::Tensor normed(int64_t index, const at::Tensor& x);
  at::Tensor recur(int64_t index, const at::Tensor& x);
  at::Tensor run_layers(const nn::Sequence& input, int64_t layers);
  at::Tensor step_window(int64_t index, const at::Tensor& gates, Carry& carry) const;

  RTransformerOptions options_;
  nn::TiedEmbeddings tokens_;
  torch::nn::ModuleList recurrences_, norms_, layers_;
  torch::nn::LayerNorm norm_{nullptr};
  nn::Dropout dropout_{nullptr};
};

}  // namespace heed::models
