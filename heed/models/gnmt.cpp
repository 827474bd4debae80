// SPDX-License-Identifier: Apache-2.0
#include "heed/models/gnmt.h"

#include <utility>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>

#include "heed/models/recurrent_state.h"

namespace heed::models {
namespace {

/// Index from 0 of the first layer with a residual connection.
constexpr int64_t kFirstResidual = 2;

/// Mask of [length, batch] positions that are not padding; undefined if lengths are.
at::Tensor within(const at::Tensor& lengths, int64_t length) {
  if (!lengths.defined()) return {};
  return at::arange(length, lengths.options()).unsqueeze(1) < lengths;
}

}  // namespace

std::vector<Field> fields(GnmtOptions& options) {
  return {
      {"hidden", &options.hidden, "width of embeddings and LSTM layers", at_least(1)},
      {"encoder_layers", &options.encoder_layers, "layers of the encoder, the first bidirectional",
       between(2, 10000)},
      {"decoder_layers", &options.decoder_layers, "layers of the decoder", between(2, 10000)},
      {"dropout", &options.dropout, "dropout on embeddings and layer outputs", between(0, 0.95)},
      {"experts", &options.experts, "experts of the mixture in each stack; 0: no mixture", between(0, 10000)},
      {"active_experts", &options.active_experts, "experts per token", at_least(1)},
      {"expert_hidden", &options.expert_hidden, "hidden width of an expert", at_least(1)},
      {"balance", &options.balance, "weight of the losses that balance the experts", at_least(0)},
      nn::tie_embeddings_field(options.tie_embeddings),
  };
}

Gnmt::Gnmt(const GnmtOptions& options)
    : options_(options),
      tokens_(*this, {options.source_vocabulary, options.vocabulary, options.hidden, options.tie_embeddings},
              "gnmt") {
  const int64_t hidden = options.hidden;
  first_ = register_module("first", nn::BidirectionalLstm(hidden, hidden));
  encoder_ = register_module("encoder", torch::nn::ModuleList());
  for (int64_t i = 1; i < options.encoder_layers; ++i)
    encoder_->push_back(nn::LstmLayer(i == 1 ? 2 * hidden : hidden, hidden));
  decoder_ = register_module("decoder", torch::nn::ModuleList());
  for (int64_t i = 0; i < options.decoder_layers; ++i)
    decoder_->push_back(nn::LstmLayer(i == 0 ? hidden : 2 * hidden, hidden));
  attention_ = register_module("attention", nn::AdditiveAttention(hidden, hidden));
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
  if (options.experts == 0) return;
  nn::MixtureOfExpertsOptions mixture;
  mixture.width = hidden;
  mixture.experts = options.experts;
  mixture.active = options.active_experts;
  mixture.hidden = options.expert_hidden;
  mixture.importance = mixture.load = options.balance;
  encoder_mixture_ = register_module("encoder_mixture", nn::MixtureOfExperts(mixture));
  decoder_mixture_ = register_module("decoder_mixture", nn::MixtureOfExperts(mixture));
}

nn::LstmLayerImpl& Gnmt::decoder_layer(int64_t index) const {
  return *decoder_->ptr<nn::LstmLayerImpl>(static_cast<size_t>(index));
}

at::Tensor Gnmt::mix(nn::MixtureOfExperts& mixture, const at::Tensor& input, const at::Tensor& counted) {
  return mixture ? dropout_->add_to(input, mixture->forward(input, counted)) : input;
}

nn::Memory Gnmt::read(const nn::Source& source) {
  const at::Tensor tokens = source.tokens.t();  // [length, batch]
  const at::Tensor counted = within(source.lengths, tokens.size(0));
  at::Tensor x = dropout_->forward(tokens_.source(tokens));
  x = dropout_->forward(first_->forward(x, source.lengths).output);
  for (int64_t i = 1; i < options_.encoder_layers; ++i) {
    const auto& layer = encoder_->ptr<nn::LstmLayerImpl>(static_cast<size_t>(i - 1));
    const at::Tensor output = layer->forward(x).output;
    x = i < kFirstResidual ? dropout_->forward(output) : dropout_->add_to(x, output);
    if (i == 1) x = mix(encoder_mixture_, x, counted);
  }
  return {x.transpose(0, 1).contiguous(), source.lengths};
}

at::Tensor Gnmt::write_first(const at::Tensor& target) {
  const at::Tensor x = dropout_->forward(tokens_.target(target.t()));
  return dropout_->forward(decoder_layer(0).forward(x).output);
}

at::Tensor Gnmt::features(const nn::Source& source, const nn::Target& target) {
  const nn::Memory memory = read(source);
  at::Tensor x = write_first(target.tokens);
  const at::Tensor found = attention_->forward(x.transpose(0, 1).contiguous(), memory);
  const at::Tensor context = found.transpose(0, 1).contiguous();  // [length, batch, hidden]
  x = mix(decoder_mixture_, x, within(target.lengths, target.tokens.size(1)));
  for (int64_t i = 1; i < options_.decoder_layers; ++i) {
    const at::Tensor output = decoder_layer(i).forward(at::cat({x, context}, -1)).output;
    x = i < kFirstResidual ? dropout_->forward(output) : dropout_->add_to(x, output);
  }
  return x.transpose(0, 1).contiguous();
}

at::Tensor Gnmt::auxiliary_loss() {
  if (!encoder_mixture_ || !encoder_mixture_->balance_loss().defined()) return {};
  return encoder_mixture_->balance_loss() + decoder_mixture_->balance_loss();
}

std::unique_ptr<nn::DecoderState> Gnmt::start(const nn::Source& source, int64_t beams, int64_t capacity) {
  const nn::Memory memory = read(source);
  std::vector<nn::LstmCarry> begin;
  for (int64_t i = 0; i < options_.decoder_layers; ++i)
    begin.push_back(decoder_layer(i).zeros(source.tokens.size(0)));
  return std::make_unique<RecurrentState>(attention_->remember(memory), std::move(begin), beams, capacity);
}

at::Tensor Gnmt::step_one(const at::Tensor& tokens, RecurrentState& state) {
  const auto& seen = state.advance();
  const auto step = [&](int64_t layer, const at::Tensor& input) {
    auto& carry = state.carries[static_cast<size_t>(layer)];
    carry = decoder_layer(layer).step(input, carry);
    return carry.output;
  };
  at::Tensor x = step(0, tokens_.target(tokens));  // [rows, hidden]
  const at::Tensor context = attention_->step(x, state.memory, seen, state.kept_weights());
  x = mix(decoder_mixture_, x);
  for (int64_t i = 1; i < options_.decoder_layers; ++i) {
    const at::Tensor output = step(i, at::cat({x, context}, -1));
    x = i < kFirstResidual ? output : x + output;
  }
  return x;
}

at::Tensor Gnmt::step(const nn::StepTokens& step, nn::DecoderState& state) {
  auto& own = dynamic_cast<RecurrentState&>(state);
  at::Tensor x;
  for (const auto& tokens : nn::even_columns(step, own.rows())) x = step_one(tokens, own);
  return logits(x);
}

nn::AttentionTrace Gnmt::trace(const nn::Source& source, const at::Tensor& target, nn::AttentionPart part,
                               int64_t layer) {
  if (part != nn::AttentionPart::kCross || layer != 0)
    return SequenceToSequenceModel::trace(source, target, part, layer);
  const nn::Memory memory = read(source);
  return attention_->trace(write_first(target).transpose(0, 1).contiguous(), memory);
}

}  // namespace heed::models
