// SPDX-License-Identifier: Apache-2.0
#include "heed/models/sha_rnn.h"

#include <cmath>

#include <torch/nn/init.h>

#include "heed/models/cached_state.h"
#include "heed/models/carried_state.h"

namespace heed::models {

std::vector<Field> fields(ShaRnnOptions& options) {
  return {
      {"hidden", &options.hidden, "width of embeddings and LSTM layers", at_least(1)},
      {"boom", &options.boom, "inner width of the feed-forward layers; a multiple of hidden", at_least(1)},
      {"layers", &options.layers, "blocks of an LSTM and a feed-forward layer", between(1, 10000)},
      {"heads", &options.heads, "attention heads; divides hidden (published: 1)", at_least(1)},
      {"attention", &options.attention, "blocks that attend: second_last or all",
       one_of({"second_last", "all"})},
      {"dropout", &options.dropout, "dropout on embeddings, layers and outputs", between(0, 0.95)},
      {"attention_dropout", &options.attention_dropout, "dropout on attention weights", between(0, 0.95)},
      {"attention_backend", &options.attention_backend, "auto, reference, tiled or fused",
       one_of({"auto", "reference", "tiled", "fused"})},
  };
}

ShaRnn::ShaRnn(const ShaRnnOptions& options)
    : options_(options),
      tokens_(*this,
              {.vocabulary = options.vocabulary, .width = options.hidden, .output_width = options.hidden},
              "sha_rnn") {
  TORCH_CHECK(options.boom % options.hidden == 0, "[sha_rnn] boom ", options.boom,
              " must be a multiple of hidden ", options.hidden);
  TORCH_CHECK(options.hidden % options.heads == 0, "[sha_rnn] hidden ", options.hidden,
              " must be a multiple of heads ", options.heads);
  torch::nn::init::normal_(tokens_.table(), 0, 0.1 / std::sqrt(static_cast<double>(options.hidden)));
  blocks_ = register_module("blocks", torch::nn::ModuleList());
  const int64_t second_last = options.layers > 1 ? options.layers - 2 : 0;
  for (int64_t i = 0; i < options.layers; ++i) {
    ShaRnnBlockOptions block{.hidden = options.hidden, .boom = options.boom, .heads = options.heads};
    block.attends = options.attention == "all" || i == second_last;
    block.dropout = options.dropout;
    block.attention_dropout = options.attention_dropout;
    block.backend = attention::parse_backend(options.attention_backend);
    if (block.attends) attending_.push_back(i);
    blocks_->push_back(ShaRnnBlock(block));
  }
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
}

ShaRnnBlockImpl& ShaRnn::block(int64_t index) const {
  return *blocks_->ptr<ShaRnnBlockImpl>(static_cast<size_t>(index));
}

/// The stream after the first blocks, [length, batch, hidden].
at::Tensor ShaRnn::run_blocks(const nn::Sequence& input, int64_t blocks) {
  TORCH_CHECK(
      !input.segments,
      "[sha_rnn] does not support packed segments: the state cannot be reset inside a row; turn packing "
      "off");
  at::Tensor x = dropout_->forward(tokens_.forward(input.tokens.t()));
  for (int64_t i = 0; i < blocks; ++i) x = block(i).forward(x);
  return x;
}

at::Tensor ShaRnn::features(const nn::Sequence& input) {
  return dropout_->forward(run_blocks(input, options_.layers).transpose(0, 1).contiguous());
}

nn::AttentionTrace ShaRnn::trace(const nn::Sequence& input, int64_t layer) {
  TORCH_CHECK(layer >= 0 && layer < attention_layers(), "[trace] layer must be below ", attention_layers(),
              ", got ", layer);
  const int64_t index = attending_[static_cast<size_t>(layer)];
  return block(index).trace(run_blocks(input, index));
}

std::unique_ptr<nn::DecoderState> ShaRnn::start_beams(int64_t inputs, int64_t rows_per_input,
                                                      int64_t capacity) {
  auto state = std::make_unique<CarriedState>(nn::RowIndex(inputs, rows_per_input, capacity));
  for (int64_t i = 0; i < options_.layers; ++i) {
    const nn::LstmCarry none = block(i).lstm().zeros(inputs);
    state->carries.push_back({none.output, none.cell});
  }
  for (const int64_t i : attending_) state->caches.push_back(block(i).make_cache(state->index));
  return state;
}

at::Tensor ShaRnn::step(const nn::StepTokens& step, nn::DecoderState& state) {
  auto& own = dynamic_cast<CarriedState&>(state);
  own.advance(step);
  at::Tensor x = tokens_.forward(step.tokens);  // [tokens, hidden]
  size_t attended = 0;
  for (int64_t i = 0; i < options_.layers; ++i) {
    x = own.run(static_cast<size_t>(i), block(i).lstm_input(x), block(i).lstm());
    if (block(i).attends()) x = block(i).attend_step(x, own.caches[attended++], own.index);
    x = block(i).feed_forward(x);
  }
  return logits(selected(x, nn::wanted_tokens(step, own.rows())));  // [wanted, vocabulary]
}

}  // namespace heed::models
