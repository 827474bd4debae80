// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>

#include "heed/attention/attention.h"
#include "heed/core/field.h"
#include "heed/nn/dropout.h"
#include "heed/nn/sequence_to_sequence.h"
#include "heed/nn/token_embeddings.h"
#include "heed/nn/weight_norm_linear.h"

namespace heed::models {

struct ConvS2SOptions {
  int64_t source_vocabulary = 0, vocabulary = 0;  ///< vocabulary: target side
  int64_t embedding = 512, hidden = 512, encoder_layers = 15, decoder_layers = 15, kernel = 3;
  int64_t max_length = 1024;
  double dropout = 0.1;
  std::string tie_embeddings = "decoder";  ///< none, decoder, all
  std::string attention_backend = "auto";
};
std::vector<Field> fields(ConvS2SOptions& options);

/// The convolutional sequence-to-sequence model of Gehring et al. 2017, arXiv:1705.03122: learned positions,
/// blocks of a convolution and a gated linear unit, attention in every decoder block (multi-step), weight
/// normalisation everywhere except in the embeddings, and sums scaled by sqrt(1/2). A convolution is a linear
/// layer over `kernel` concatenated positions.
///
/// Departures: all blocks of a stack have width `hidden`.
class ConvS2S : public nn::SequenceToSequenceModel {
 public:
  /// Throws c10::Error for invalid sizes: `kernel` must be odd.
  explicit ConvS2S(const ConvS2SOptions& options);

  at::Tensor features(const nn::Source& source, const nn::Target& target) override;
  nn::OutputLayer output_layer() override { return tokens_.output_layer(); }
  std::unique_ptr<nn::DecoderState> start(const nn::Source& source, int64_t beams, int64_t capacity) override;
  at::Tensor step(const nn::StepTokens& tokens, nn::DecoderState& state) override;
  int64_t vocabulary_size() const override { return options_.vocabulary; }
  int64_t max_length() const override { return options_.max_length; }
  int64_t attention_layers(nn::AttentionPart part) const override {
    return part == nn::AttentionPart::kCross ? options_.decoder_layers : 0;
  }
  nn::AttentionTrace trace(const nn::Source& source, const at::Tensor& target, nn::AttentionPart part,
                           int64_t layer) override;

 private:
  struct State;
  at::Tensor step_one(const at::Tensor& tokens, State& state);
  /// The input of the decoder blocks' attention.
  struct Reading {
    at::Tensor key, value, lengths;  ///< [batch, source_length, embedding] twice, [batch]
  };
  Reading read(const nn::Source& source);
  at::Tensor embed(const at::Tensor& embedded, torch::nn::Embedding& positions, const at::Tensor& places);
  at::Tensor places(const at::Tensor& tokens) const;
  /// Returns the gated output of a block's convolution over windows [..., kernel * hidden].
  at::Tensor gated(const torch::nn::ModuleList& convolutions, int64_t layer, const at::Tensor& windows);
  at::Tensor query(int64_t layer, const at::Tensor& gated, const at::Tensor& embedded);
  at::Tensor write(const at::Tensor& target, const Reading& reading, int64_t blocks, at::Tensor* next_query);
  /// Returns a block's output from its input, its gated convolution and its attention's result.
  at::Tensor join(int64_t layer, const at::Tensor& input, const at::Tensor& gated, const at::Tensor& found);
  nn::WeightNormLinearImpl& layer_of(const torch::nn::ModuleList& list, int64_t index) const;
  attention::Spec spec(const at::Tensor& lengths) const;
  at::Tensor finish(const at::Tensor& hidden);

  ConvS2SOptions options_;
  nn::TokenEmbeddings tokens_;
  torch::nn::Embedding source_positions_{nullptr}, positions_{nullptr};
  nn::WeightNormLinear encoder_in_{nullptr}, encoder_out_{nullptr}, decoder_in_{nullptr},
      decoder_out_{nullptr};
  torch::nn::ModuleList encoder_, decoder_, query_, found_;
  nn::Dropout dropout_{nullptr};
};

}  // namespace heed::models
