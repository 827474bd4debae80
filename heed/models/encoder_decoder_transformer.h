// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>

#include "heed/core/field.h"
#include "heed/nn/dropout.h"
#include "heed/nn/sequence_to_sequence.h"
#include "heed/nn/token_embeddings.h"
#include "heed/nn/transformer_layer.h"

namespace heed::models {

struct EncoderDecoderTransformerOptions {
  int64_t source_vocabulary = 0, vocabulary = 0;  ///< vocabulary: target side
  int64_t d_model = 512, heads = 8, encoder_layers = 6, decoder_layers = 6, d_ff = 2048;
  std::string position = "sinusoidal";  ///< sinusoidal, learned, shaw
  int64_t max_length = 1024;            ///< number of learned positions
  int64_t max_relative_distance = 16;
  std::string timing = "input";  ///< where positions are added: input, every_layer
  bool residual = true;          ///< residual connections around the attention sublayers
  std::string norm = "post";     ///< pre, post
  std::string activation = "relu";
  double dropout = 0.1, activation_dropout = 0, attention_dropout = 0;
  std::string tie_embeddings = "all";  ///< none, decoder, all
  std::string attention_backend = "auto";
};
std::vector<Field> fields(EncoderDecoderTransformerOptions& options);

/// The Transformer of Vaswani et al. 2017, arXiv:1706.03762: an encoder for the source and a decoder for the
/// target, which attends to the encoder's output. The defaults are the paper's base model: embeddings scaled
/// by sqrt(d_model), one matrix for source, target and output, sinusoidal positions, norms after each
/// sublayer. Options: norms before each sublayer (Wang et al. 2019, arXiv:1906.01787) and at the end of each
/// stack; learned positions; the relative positions of Shaw et al. 2018, arXiv:1803.02155, in both
/// self-attentions, without absolute ones.
///
/// Two options show what residual connections do (Vaswani, Stanford CS224N 2019: they carry the positions to
/// the higher layers). Without `residual`, the output of every self- and cross-attention replaces its input,
/// so that a layer knows of positions only what the attention below mixed into its sums; the residual around
/// the feed-forward sublayer stays, since that works on each position by itself and mixes none. With `timing`
/// = "every_layer" the positions are added to the input of every layer, as in the Universal Transformer
/// (Dehghani et al. 2018, arXiv:1807.03819).
class EncoderDecoderTransformer : public nn::SequenceToSequenceModel {
 public:
  /// Throws c10::Error for invalid sizes: tying all embeddings needs one vocabulary. So does timing in every
  /// layer without absolute positions.
  explicit EncoderDecoderTransformer(const EncoderDecoderTransformerOptions& options);

  at::Tensor features(const nn::Source& source, const nn::Target& target) override;
  nn::OutputLayer output_layer() override { return tokens_.output_layer(); }
  std::unique_ptr<nn::DecoderState> start(const nn::Source& source, int64_t beams, int64_t capacity) override;
  at::Tensor step(const nn::StepTokens& tokens, nn::DecoderState& state) override;
  int64_t vocabulary_size() const override { return options_.vocabulary; }
  int64_t max_length() const override { return options_.position == "learned" ? options_.max_length : 0; }
  int64_t attention_layers(nn::AttentionPart part) const override;
  nn::AttentionTrace trace(const nn::Source& source, const at::Tensor& target, nn::AttentionPart part,
                           int64_t layer) override;

 private:
  at::Tensor embed(const at::Tensor& embedded, const torch::nn::Embedding& learned,
                   const at::Tensor& positions);
  at::Tensor places(const at::Tensor& tokens) const;
  at::Tensor timed(const at::Tensor& input, const torch::nn::Embedding& learned, const at::Tensor& positions,
                   int64_t layer) const;
  at::Tensor add_positions(const at::Tensor& input, const torch::nn::Embedding& learned,
                           const at::Tensor& positions) const;
  at::Tensor encode(const nn::Source& source, int64_t layers);
  at::Tensor decode(const at::Tensor& target, const nn::Memory& memory, int64_t layers);
  nn::Memory read(const nn::Source& source);
  at::Tensor finish(const at::Tensor& hidden);

  EncoderDecoderTransformerOptions options_;
  nn::TokenEmbeddings tokens_;
  torch::nn::Embedding source_positions_{nullptr}, positions_{nullptr};  ///< learned positions only
  torch::nn::ModuleList encoder_, decoder_;
  torch::nn::LayerNorm encoder_norm_{nullptr}, decoder_norm_{nullptr};  ///< empty with post-norm
  nn::Dropout dropout_{nullptr};
};

}  // namespace heed::models
