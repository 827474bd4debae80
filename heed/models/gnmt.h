// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/core/field.h"
#include "heed/nn/additive_attention.h"
#include "heed/nn/bidirectional_lstm.h"
#include "heed/nn/dropout.h"
#include "heed/nn/mixture_of_experts.h"
#include "heed/nn/sequence_to_sequence.h"
#include "heed/nn/token_embeddings.h"

namespace heed::models {

struct RecurrentState;

struct GnmtOptions {
  int64_t source_vocabulary = 0, vocabulary = 0;  ///< vocabulary: target side
  int64_t hidden = 1024, encoder_layers = 8, decoder_layers = 8;
  double dropout = 0.2;
  int64_t experts = 0, active_experts = 4, expert_hidden = 2048;  ///< experts: 0 means no mixture
  double balance = 0.01;
  std::string tie_embeddings = "decoder";  ///< none, decoder, all
};
std::vector<Field> fields(GnmtOptions& options);

/// Google's Neural Machine Translation, Wu et al. 2016, arXiv:1609.08144: deep stacks of LSTM layers with
/// residual connections. The encoder's first layer is bidirectional. The output of the decoder's first layer
/// attends to the encoder's output, scored by a network with one hidden layer; the result is an input of
/// every layer above.
///
/// With `experts`, the model of Shazeer et al. 2017, arXiv:1701.06538, section 5.3: a mixture of experts
/// between the encoder's second and third layer and between the decoder's first and second, each in a
/// residual connection.
///
/// Departures: the decoder's first layer does not see the previous step's attention result, so that all steps
/// of training share matrix products.
class Gnmt : public nn::SequenceToSequenceModel {
 public:
  /// Throws c10::Error for invalid sizes.
  explicit Gnmt(const GnmtOptions& options);

  at::Tensor features(const nn::Source& source, const nn::Target& target) override;
  nn::OutputLayer output_layer() override { return tokens_.output_layer(); }
  at::Tensor auxiliary_loss() override;
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
  nn::Memory read(const nn::Source& source);
  /// Returns the output of the decoder's first layer, [length, batch, hidden].
  at::Tensor write_first(const at::Tensor& target);
  /// Returns x + dropout(mixture(x)) if there is a mixture, else x.
  at::Tensor mix(nn::MixtureOfExperts& mixture, const at::Tensor& input, const at::Tensor& counted = {});
  nn::LstmLayerImpl& decoder_layer(int64_t index) const;

  GnmtOptions options_;
  nn::TokenEmbeddings tokens_;
  nn::BidirectionalLstm first_{nullptr};
  torch::nn::ModuleList encoder_, decoder_;  ///< encoder_: layers above the first
  nn::MixtureOfExperts encoder_mixture_{nullptr}, decoder_mixture_{nullptr};  ///< empty if experts is 0
  nn::AdditiveAttention attention_{nullptr};
  nn::Dropout dropout_{nullptr};
};

}  // namespace heed::models
