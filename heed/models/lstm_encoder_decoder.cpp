// SPDX-License-Identifier: Apache-2.0
#include "heed/models/lstm_encoder_decoder.h"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/where.h>
#include <torch/nn/init.h>

#include "heed/nn/cached_attention.h"

namespace heed::models {
namespace {

struct State : nn::SourceState {
  std::vector<nn::LstmCarry> carries;
  at::Tensor memory;  ///< [sentences, source_length, hidden]
  nn::MemoryIndex index;
  int64_t beams_ = 1, consumed = 0, capacity = 0;

  void reorder(const at::Tensor&, const at::Tensor& rows) override {
    for (auto& carry : carries)
      carry = {carry.output.index_select(0, rows), carry.cell.index_select(0, rows)};
    index = {index.slot.index_select(1, rows), index.length.index_select(0, rows)};
  }
  int64_t sentences() const override { return index.length.size(0) / beams_; }
  int64_t beams() const override { return beams_; }
  int64_t length() const override { return consumed; }
};

/// Row places of [length, batch] sequences turned around, each within its own length; padding stays where it
/// is.
at::Tensor turned(const at::Tensor& lengths, int64_t length) {
  const int64_t batch = lengths.size(0);
  const at::Tensor place = at::arange(length, lengths.options()).unsqueeze(1);  // [length, 1]
  const at::Tensor from = at::where(place < lengths, lengths - 1 - place, place);
  return (from * batch + at::arange(batch, lengths.options())).flatten();
}

at::Tensor in_order(const at::Tensor& steps, const at::Tensor& places) {
  return steps.flatten(0, 1).index_select(0, places).view_as(steps);
}

}  // namespace

std::vector<Field> fields(LstmEncoderDecoderOptions& options) {
  return {
      {"embedding", &options.embedding, "width of token embeddings", at_least(1)},
      {"hidden", &options.hidden, "width of the LSTM layers, half of it for each direction of the encoder",
       at_least(2)},
      {"encoder_layers", &options.encoder_layers, "layers that read, in both directions", at_least(1)},
      {"decoder_layers", &options.decoder_layers, "layers that write", at_least(1)},
      {"dropout", &options.dropout, "on embeddings, between layers and on outputs", between(0, 0.95)},
      {"tie_embeddings", &options.tie_embeddings,
       "one matrix for target and output (decoder), for the source too (all), or none",
       one_of({"none", "decoder", "all"})},
      {"attention_backend", &options.attention_backend, "auto, reference, tiled or fused",
       one_of({"auto", "reference", "tiled", "fused"})},
  };
}

LstmEncoderDecoder::LstmEncoderDecoder(const LstmEncoderDecoderOptions& options) : options_(options) {
  const int64_t hidden = options.hidden, embedding = options.embedding;
  const bool tied = options.tie_embeddings != "none", all = options.tie_embeddings == "all";
  TORCH_CHECK(options.vocabulary > 0 && options.source_vocabulary > 0, "[lstm] vocabularies must be set");
  TORCH_CHECK(hidden % 2 == 0, "[lstm] hidden must be even, got ", hidden);
  TORCH_CHECK(!tied || embedding == hidden, "[lstm] tied embeddings need embedding == hidden, got ",
              embedding, " and ", hidden);
  TORCH_CHECK(!all || options.vocabulary == options.source_vocabulary,
              "[lstm] tie_embeddings = \"all\" needs one vocabulary for both languages, got ",
              options.source_vocabulary, " and ", options.vocabulary,
              " pieces; take \"decoder\" or \"none\"");
  const auto embed = [&](const char* name, int64_t rows) {
    auto module = register_module(name, torch::nn::Embedding(rows, embedding));
    torch::nn::init::normal_(module->weight, 0.0, 1.0 / std::sqrt(static_cast<double>(embedding)));
    return module;
  };
  tokens_ = embed("tokens", options.vocabulary);
  source_tokens_ = all ? tokens_ : embed("source_tokens", options.source_vocabulary);
  forward_ = register_module("forward_encoder", torch::nn::ModuleList());
  backward_ = register_module("backward_encoder", torch::nn::ModuleList());
  decoder_ = register_module("decoder", torch::nn::ModuleList());
  for (int64_t i = 0; i < options.encoder_layers; ++i) {
    forward_->push_back(nn::LstmLayer(i == 0 ? embedding : hidden, hidden / 2));
    backward_->push_back(nn::LstmLayer(i == 0 ? embedding : hidden, hidden / 2));
  }
  for (int64_t i = 0; i < options.decoder_layers; ++i)
    decoder_->push_back(nn::LstmLayer(i == 0 ? embedding : hidden, hidden));
  bridge_ = register_module("bridge", nn::Linear(hidden, options.decoder_layers * 2 * hidden));
  query_ = register_module("query", nn::Linear(torch::nn::LinearOptions(hidden, hidden).bias(false)));
  combine_ = register_module("combine", nn::Linear(torch::nn::LinearOptions(2 * hidden, hidden).bias(false)));
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
  if (!tied) output_ = register_module("output", nn::Linear(hidden, options.vocabulary));
}

nn::LstmLayerImpl& LstmEncoderDecoder::layer(const torch::nn::ModuleList& stack, int64_t index) const {
  return *stack->ptr<nn::LstmLayerImpl>(static_cast<size_t>(index));
}

LstmEncoderDecoder::Reading LstmEncoderDecoder::read(const nn::Source& source) {
  const int64_t length = source.tokens.size(1), batch = source.tokens.size(0), hidden = options_.hidden;
  const at::Tensor around = turned(source.lengths, length);
  const at::Tensor last = ((source.lengths - 1) * batch + at::arange(batch, source.lengths.options()));
  at::Tensor x = dropout_->forward(source_tokens_->forward(source.tokens.t()));  // [length, batch, embedding]
  at::Tensor ends;
  for (int64_t i = 0; i < options_.encoder_layers; ++i) {
    const auto onward = layer(forward_, i).forward(x),
               back = layer(backward_, i).forward(in_order(x, around));
    ends = at::cat(
        {onward.output.flatten(0, 1).index_select(0, last), back.output.flatten(0, 1).index_select(0, last)},
        1);  // [batch, hidden]
    x = dropout_->forward(at::cat({onward.output, in_order(back.output, around)}, 2));
  }
  Reading reading{{x.transpose(0, 1).contiguous(), source.lengths}, {}};
  const at::Tensor begin = nn::row_tanh(bridge_->forward(ends));
  for (int64_t i = 0; i < options_.decoder_layers; ++i) {
    reading.carries.push_back({begin.narrow(1, 2 * i * hidden, hidden).contiguous(),
                               begin.narrow(1, (2 * i + 1) * hidden, hidden).contiguous()});
  }
  return reading;
}

/// Hidden states [batch, length, hidden] of the decoder's last layer.
at::Tensor LstmEncoderDecoder::write(const at::Tensor& target, const std::vector<nn::LstmCarry>& carries) {
  at::Tensor x = dropout_->forward(tokens_->forward(target.t()));  // [length, batch, embedding]
  for (int64_t i = 0; i < options_.decoder_layers; ++i)
    x = dropout_->forward(layer(decoder_, i).forward(x, carries[static_cast<size_t>(i)]).output);
  return x.transpose(0, 1).contiguous();
}

attention::Spec LstmEncoderDecoder::spec(const at::Tensor& lengths) const {
  attention::Spec spec;
  spec.pattern = attention::Dense{.causal = false};
  spec.score = attention::Dot{.scale = 1.0};
  spec.extents.key_lengths = lengths;
  spec.backend = attention::parse_backend(options_.attention_backend);
  return spec;
}

at::Tensor LstmEncoderDecoder::logits(const at::Tensor& context, const at::Tensor& hidden) {
  const at::Tensor x = dropout_->forward(nn::row_tanh(combine_->forward(at::cat({context, hidden}, -1))));
  return output_ ? output_->forward(x) : nn::linear(x, tokens_->weight, {}, &packed_tokens_);
}

at::Tensor LstmEncoderDecoder::forward(const nn::Source& source, const at::Tensor& target) {
  const Reading reading = read(source);
  const at::Tensor hidden = write(target, reading.carries);
  const at::Tensor memory = reading.memory.states.unsqueeze(1);  // one head
  const auto result =
      attention::attend(query_->forward(hidden).unsqueeze(1), memory, memory, spec(source.lengths));
  return logits(result.output.squeeze(1), hidden);
}

nn::AttentionTrace LstmEncoderDecoder::trace(const nn::Source& source, const at::Tensor& target,
                                             nn::AttentionPart part, int64_t index) {
  if (part != nn::AttentionPart::kCross || index != 0)
    return SequenceToSequenceModel::trace(source, target, part, index);
  const Reading reading = read(source);
  const at::Tensor hidden = write(target, reading.carries);
  return {query_->forward(hidden).unsqueeze(1), reading.memory.states.unsqueeze(1), spec(source.lengths)};
}

std::unique_ptr<nn::SourceState> LstmEncoderDecoder::start(const nn::Source& source, int64_t beams,
                                                           int64_t capacity) {
  Reading reading = read(source);
  auto state = std::make_unique<State>();
  state->beams_ = beams;
  state->capacity = capacity;
  state->memory = reading.memory.states;
  for (const auto& carry : reading.carries)
    state->carries.push_back(
        {carry.output.repeat_interleave(beams, 0), carry.cell.repeat_interleave(beams, 0)});
  state->index.slot = at::arange(source.tokens.size(0), at::kInt).repeat_interleave(beams).unsqueeze(0);
  state->index.length = source.lengths.to(at::kCPU, at::kInt).repeat_interleave(beams);
  return state;
}

at::Tensor LstmEncoderDecoder::step(const at::Tensor& tokens, nn::SourceState& state) {
  auto& own = dynamic_cast<State&>(state);
  TORCH_CHECK(own.consumed < own.capacity, "[lstm] the state is for ", own.capacity,
              " tokens, the sequence needs more");
  ++own.consumed;
  at::Tensor x = tokens_->forward(tokens);  // [rows, embedding]
  for (int64_t i = 0; i < options_.decoder_layers; ++i) {
    auto& carry = own.carries[static_cast<size_t>(i)];
    carry = layer(decoder_, i).step(x, carry);
    x = carry.output;
  }
  nn::CachedSteps steps;
  steps.key = steps.value = own.memory;
  steps.slot = own.index.slot;
  steps.length = own.index.length;
  // cached_attention scales by hidden^-1/2, this score by nothing.
  const at::Tensor query = query_->forward(x) * std::sqrt(static_cast<double>(options_.hidden));
  return logits(nn::cached_attention(query, 1, steps), x);
}

}  // namespace heed::models
