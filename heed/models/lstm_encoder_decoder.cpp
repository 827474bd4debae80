// SPDX-License-Identifier: Apache-2.0
#include "heed/models/lstm_encoder_decoder.h"

#include <ATen/ops/cat.h>

#include "heed/models/recurrent_state.h"
#include "heed/nn/activation.h"

namespace heed::models {

std::vector<Field> fields(LstmEncoderDecoderOptions& options) {
  return {
      {"embedding", &options.embedding, "width of token embeddings", at_least(1)},
      {"hidden", &options.hidden, "width of the LSTM layers, half of it per direction of the encoder",
       at_least(2)},
      {"encoder_layers", &options.encoder_layers, "bidirectional layers of the encoder", between(1, 10000)},
      {"decoder_layers", &options.decoder_layers, "layers of the decoder", between(1, 10000)},
      {"dropout", &options.dropout, "dropout on embeddings, between layers and on outputs", between(0, 0.95)},
      nn::tie_embeddings_field(options.tie_embeddings),
      {"attention_backend", &options.attention_backend, "auto, reference, tiled or fused",
       one_of({"auto", "reference", "tiled", "fused"})},
  };
}

LstmEncoderDecoder::LstmEncoderDecoder(const LstmEncoderDecoderOptions& options)
    : options_(options),
      tokens_(*this,
              {options.source_vocabulary, options.vocabulary, options.embedding, options.tie_embeddings},
              "lstm") {
  const int64_t hidden = options.hidden, embedding = options.embedding;
  TORCH_CHECK(hidden % 2 == 0, "[lstm] hidden must be even, got ", hidden);
  encoder_ = register_module("encoder", torch::nn::ModuleList());
  decoder_ = register_module("decoder", torch::nn::ModuleList());
  for (int64_t i = 0; i < options.encoder_layers; ++i)
    encoder_->push_back(nn::BidirectionalLstm(i == 0 ? embedding : hidden, hidden / 2));
  for (int64_t i = 0; i < options.decoder_layers; ++i)
    decoder_->push_back(nn::LstmLayer(i == 0 ? embedding : hidden, hidden));
  bridge_ = register_module("bridge", nn::Linear(hidden, options.decoder_layers * 2 * hidden));
  attention_ = register_module("attention", nn::BilinearAttention(hidden, hidden, options.attention_backend));
  combine_ = register_module("combine", nn::Linear(nn::LinearOptions(2 * hidden, embedding).bias(false)));
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
}

nn::LstmLayerImpl& LstmEncoderDecoder::decoder_layer(int64_t index) const {
  return *decoder_->ptr<nn::LstmLayerImpl>(static_cast<size_t>(index));
}

LstmEncoderDecoder::Reading LstmEncoderDecoder::read(const nn::Source& source) {
  const int64_t hidden = options_.hidden;
  at::Tensor x = dropout_->forward(tokens_.source(source.tokens.t()));  // [length, batch, embedding]
  at::Tensor last;                                                      // [batch, hidden]
  for (const auto& layer : *encoder_) {
    const auto steps = layer->as<nn::BidirectionalLstmImpl>()->forward(x, source.lengths);
    x = dropout_->forward(steps.output);
    last = steps.last;
  }
  Reading reading{{x.transpose(0, 1).contiguous(), source.lengths}, {}};
  const at::Tensor begin = nn::row_tanh(bridge_->forward(last));
  for (int64_t i = 0; i < options_.decoder_layers; ++i) {
    reading.carries.push_back({begin.narrow(1, 2 * i * hidden, hidden).contiguous(),
                               begin.narrow(1, (2 * i + 1) * hidden, hidden).contiguous()});
  }
  return reading;
}

/// Returns the hidden states [batch, length, hidden] of the decoder's last layer.
at::Tensor LstmEncoderDecoder::write(const at::Tensor& target, const std::vector<nn::LstmCarry>& carries) {
  at::Tensor x = dropout_->forward(tokens_.target(target.t()));  // [length, batch, embedding]
  for (int64_t i = 0; i < options_.decoder_layers; ++i)
    x = dropout_->forward(decoder_layer(i).forward(x, carries[static_cast<size_t>(i)]).output);
  return x.transpose(0, 1).contiguous();
}

at::Tensor LstmEncoderDecoder::combine(const at::Tensor& context, const at::Tensor& hidden) {
  return dropout_->forward(nn::row_tanh(combine_->forward(at::cat({context, hidden}, -1))));
}

at::Tensor LstmEncoderDecoder::features(const nn::Source& source, const nn::Target& target) {
  const Reading reading = read(source);
  const at::Tensor hidden = write(target.tokens, reading.carries);
  return combine(attention_->forward(hidden, reading.memory), hidden);
}

nn::AttentionTrace LstmEncoderDecoder::trace(const nn::Source& source, const at::Tensor& target,
                                             nn::AttentionPart part, int64_t index) {
  if (part != nn::AttentionPart::kCross || index != 0)
    return SequenceToSequenceModel::trace(source, target, part, index);
  const Reading reading = read(source);
  return attention_->trace(write(target, reading.carries), reading.memory);
}

std::unique_ptr<nn::DecoderState> LstmEncoderDecoder::start(const nn::Source& source, int64_t beams,
                                                            int64_t capacity) {
  const Reading reading = read(source);
  return std::make_unique<RecurrentState>(reading.memory, reading.carries, beams, capacity);
}

at::Tensor LstmEncoderDecoder::step_one(const at::Tensor& tokens, RecurrentState& state) {
  const auto& seen = state.advance();
  at::Tensor x = tokens_.target(tokens);  // [rows, embedding]
  for (int64_t i = 0; i < options_.decoder_layers; ++i) {
    auto& carry = state.carries[static_cast<size_t>(i)];
    carry = decoder_layer(i).step(x, carry);
    x = carry.output;
  }
  return combine(attention_->step(x, state.memory, seen, state.kept_weights()), x);
}

at::Tensor LstmEncoderDecoder::step(const nn::StepTokens& step, nn::DecoderState& state) {
  auto& own = dynamic_cast<RecurrentState&>(state);
  at::Tensor x;
  for (const auto& tokens : nn::even_columns(step, own.rows())) x = step_one(tokens, own);
  return logits(x);
}

}  // namespace heed::models
