// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>

#include "heed/core/field.h"
#include "heed/nn/dropout.h"
#include "heed/nn/linear.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/transformer_layer.h"

namespace heed::models {

struct TransformerOptions {
  int64_t vocabulary = 0;
  int64_t d_model = 256, heads = 4, layers = 5, d_ff = 1024;
  std::string position = "music";  ///< none, sinusoidal, learned, shaw, music
  int64_t max_length = 4096;       ///< number of learned positions
  int64_t max_relative_distance = 512;
  std::string beyond = "clip";  ///< clip, nothing
  double attention_dropout = 0;
  int64_t position_period = 0;  ///< adds an embedding of position modulo this (4: a chorale's voice); 0: none
  std::string norm = "pre";     ///< pre, post
  double norm_epsilon = 1e-5;
  std::string activation = "gelu";
  double dropout = 0.1;
  std::optional<double> embedding_dropout, activation_dropout;  ///< absent: as `dropout`
  bool scale_embeddings = true;                                 ///< by sqrt(d_model)
  bool tie_embeddings = false;
  bool output_bias = true;                ///< of an output layer that is not tied
  std::string initialisation = "xavier";  ///< xavier, gpt, gpt2
  std::string attention_backend = "auto";
};
std::vector<Field> fields(TransformerOptions& options);

/// The decoder-only Transformer. Positions: sinusoidal (Vaswani et al. 2017, arXiv:1706.03762), learned, Shaw
/// et al. 2018 (arXiv:1803.02155), or the relative attention of the Music Transformer (Huang et al. 2018,
/// arXiv:1809.04281). Token embeddings are scaled by sqrt(d_model) as in section 3.4 of Vaswani et al. unless
/// `scale_embeddings` is off.
///
/// GPT-2 (Radford et al. 2019) is pre-norm with learned positions, gelu_tanh, tied embeddings that are not scaled, and
/// no dropout inside the feed-forward sublayer; GPT (Radford et al. 2018) is the same with post-norm.
/// models/gpt2_options.h has their options, models/gpt2_names.h the names of their weights in other programs' files.
///
/// Initial values: `xavier` draws uniformly by Glorot and Bengio's rule, embeddings from N(0, 1 / d_model). `gpt` draws
/// every weight from N(0, 0.02^2), with biases 0. `gpt2` does too, but divides the deviation of the layers that write
/// to the residual stream by sqrt(2 layers).
class Transformer : public nn::SequenceModel {
 public:
  explicit Transformer(const TransformerOptions& options);

  at::Tensor features(const nn::Sequence& input) override;
  nn::OutputLayer output_layer() override;
  std::unique_ptr<nn::DecoderState> start(int64_t rows, int64_t capacity) override {
    return start_beams(rows, 1, capacity);
  }
  std::unique_ptr<nn::DecoderState> start_beams(int64_t inputs, int64_t rows_per_input,
                                                int64_t capacity) override;
  at::Tensor step(const nn::StepTokens& tokens, nn::DecoderState& state) override;
  int64_t vocabulary_size() const override { return options_.vocabulary; }
  int64_t max_length() const override { return options_.position == "learned" ? options_.max_length : 0; }
  int64_t attention_layers() const override { return options_.layers; }
  nn::AttentionTrace trace(const nn::Sequence& input, int64_t layer) override;

  const TransformerOptions& options() const { return options_; }

 private:
  at::Tensor embed(const at::Tensor& tokens, const at::Tensor& positions);
  at::Tensor finish(const at::Tensor& hidden);
  at::Tensor embed(const nn::Sequence& input);
  struct State;
  at::Tensor embed(const at::Tensor& tokens, const State& state);
  void record(State& state);
  void check_length(int64_t length) const;
  double embedding_scale() const;
  nn::TransformerLayerImpl& layer(int64_t index);

  TransformerOptions options_;
  torch::nn::Embedding tokens_{nullptr}, positions_{nullptr}, periodic_{nullptr};
  torch::nn::ModuleList layers_;
  torch::nn::LayerNorm norm_{nullptr};
  nn::Dropout dropout_{nullptr};
  nn::Linear output_{nullptr};      ///< empty if tied
  nn::PackedWeight packed_output_;  ///< output layer in inference
};

}  // namespace heed::models
