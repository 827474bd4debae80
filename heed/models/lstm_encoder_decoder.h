// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/core/field.h"
#include "heed/nn/bidirectional_lstm.h"
#include "heed/nn/bilinear_attention.h"
#include "heed/nn/dropout.h"
#include "heed/nn/sequence_to_sequence.h"
#include "heed/nn/token_embeddings.h"

namespace heed::models {

struct RecurrentState;

struct LstmEncoderDecoderOptions {
  int64_t source_vocabulary = 0, vocabulary = 0;  ///< vocabulary: target side
  int64_t embedding = 512, hidden = 512, encoder_layers = 2, decoder_layers = 2;
  double dropout = 0.2;
  std::string tie_embeddings = "decoder";  ///< none, decoder, all
  std::string attention_backend = "auto";
};
std::vector<Field> fields(LstmEncoderDecoderOptions& options);

/// The recurrent encoder-decoder with attention, the Transformer's baseline: bidirectional LSTM layers for
/// the source (Bahdanau et al. 2014, arXiv:1409.0473), LSTM layers for the target, and attention from each
/// output h_t to the encoder's output m_s, with the bilinear ("general") score of Luong et al. 2015,
/// arXiv:1508.04025:
///   score(t, s) = (W_a h_t) . m_s
///   context_t   = sum_s softmax(score)_s m_s
///   output_t    = tanh(W_c [context_t, h_t])
///
/// Departure from Luong et al.: the attention result is not an input of the next step, so that all steps of
/// training share matrix products. The decoder starts from tanh(W_b e), where e is the last states of both
/// directions.
class LstmEncoderDecoder : public nn::SequenceToSequenceModel {
 public:
  /// Throws c10::Error for invalid sizes: hidden must be even; tying all embeddings needs one vocabulary.
  explicit LstmEncoderDecoder(const LstmEncoderDecoderOptions& options);

  at::Tensor features(const nn::Source& source, const nn::Target& target) override;
  nn::OutputLayer output_layer() override { return tokens_.output_layer(); }
  std::unique_ptr<nn::DecoderState> start(const nn::Source& source, int64_t beams, int64_t capacity) override;
  at::Tensor step(const nn::StepTokens& tokens, nn::DecoderState& state) override;
  int64_t vocabulary_size() const override { return options_.vocabulary; }
  int64_t attention_layers(nn::AttentionPart part) const override {
    return part == nn::AttentionPart::kCross ? 1 : 0;
  }
  nn::AttentionTrace trace(const nn::Source& source, const at::Tensor& target, nn::AttentionPart part,
                           int64_t layer) override;

 private:
  at::Tensor step_one(const at::Tensor& tokens, RecurrentState& state);
  /// The encoder's output and the decoder's first carries, one per layer.
  struct Reading {
    nn::Memory memory;
    std::vector<nn::LstmCarry> carries;
  };
  Reading read(const nn::Source& source);
  at::Tensor write(const at::Tensor& target, const std::vector<nn::LstmCarry>& carries);
  at::Tensor combine(const at::Tensor& context, const at::Tensor& hidden);
  nn::LstmLayerImpl& decoder_layer(int64_t index) const;

  LstmEncoderDecoderOptions options_;
  nn::TokenEmbeddings tokens_;
  torch::nn::ModuleList encoder_, decoder_;
  nn::Linear bridge_{nullptr}, combine_{nullptr};
  nn::BilinearAttention attention_{nullptr};
  nn::Dropout dropout_{nullptr};
};

}  // namespace heed::models
