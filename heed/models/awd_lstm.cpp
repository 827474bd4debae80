// SPDX-License-Identifier: Apache-2.0
#include "heed/models/awd_lstm.h"

#include "heed/models/cached_state.h"
#include "heed/models/carried_state.h"

namespace heed::models {
std::vector<Field> fields(AwdLstmOptions& options) {
  return {
      {"embedding", &options.embedding, "width of the token embeddings", at_least(1)},
      {"hidden", &options.hidden, "width of the LSTM layers; the last is as wide as tied embeddings",
       at_least(1)},
      {"layers", &options.layers, "LSTM layers", between(1, 10000)},
      {"word_dropout", &options.word_dropout, "dropout of whole words of the embedding", between(0, 0.95)},
      {"input_dropout", &options.input_dropout, "locked dropout on embeddings", between(0, 0.95)},
      {"hidden_dropout", &options.hidden_dropout, "locked dropout between layers", between(0, 0.95)},
      {"output_dropout", &options.output_dropout, "locked dropout on outputs", between(0, 0.95)},
      {"weight_drop", &options.weight_drop, "dropout of recurrent weights", between(0, 0.95)},
      {"activation_penalty", &options.activation_penalty,
       "weight of the outputs' mean square in the loss (AR)", at_least(0)},
      {"slowness_penalty", &options.slowness_penalty,
       "weight of the mean square of the outputs' changes in the loss (TAR)", at_least(0)},
      {"tie_embeddings", &options.tie_embeddings, "output layer shares the token embeddings"},
  };
}

AwdLstm::AwdLstm(const AwdLstmOptions& options)
    : options_(options),
      tokens_(*this,
              {.vocabulary = options.vocabulary,
               .width = options.embedding,
               .output_width = options.tie_embeddings ? options.embedding : options.hidden,
               .tie = options.tie_embeddings},
              "awd_lstm") {
  layers_ = register_module("layers", torch::nn::ModuleList());
  int64_t width = options.embedding;
  for (int64_t i = 0; i < options.layers; ++i) {
    const bool narrow = options.tie_embeddings && i == options.layers - 1;
    const int64_t hidden = narrow ? options.embedding : options.hidden;
    layers_->push_back(nn::LstmLayer(width, hidden, options.weight_drop));
    width = hidden;
  }
  input_dropout_ = register_module("input_dropout", nn::LockedDropout(options.input_dropout));
  hidden_dropout_ = register_module("hidden_dropout", nn::LockedDropout(options.hidden_dropout));
  output_dropout_ = register_module("output_dropout", nn::LockedDropout(options.output_dropout));
}

nn::LstmLayerImpl& AwdLstm::layer(int64_t index) const {
  return *layers_->ptr<nn::LstmLayerImpl>(static_cast<size_t>(index));
}

/// AR and TAR of the last layer's outputs [length, batch, width], without and with dropout.
at::Tensor AwdLstm::penalty(const at::Tensor& outputs, const at::Tensor& dropped) const {
  at::Tensor sum;
  if (options_.activation_penalty > 0) sum = options_.activation_penalty * dropped.square().mean();
  if (options_.slowness_penalty > 0 && outputs.size(0) > 1) {
    const int64_t steps = outputs.size(0) - 1;
    const at::Tensor change = outputs.narrow(0, 1, steps) - outputs.narrow(0, 0, steps);
    const at::Tensor slowness = options_.slowness_penalty * change.square().mean();
    sum = sum.defined() ? sum + slowness : slowness;
  }
  return sum;
}

at::Tensor AwdLstm::features(const nn::Sequence& input) {
  TORCH_CHECK(
      !input.segments,
      "[awd_lstm] does not support packed segments: the state cannot be reset inside a row; turn packing "
      "off");
  const double words = is_training() ? options_.word_dropout : 0;
  at::Tensor x = nn::embed_with_word_dropout(tokens_.table(), input.tokens.t(), words);
  x = input_dropout_->forward(x);  // [length, batch, embedding]
  for (int64_t i = 0; i < options_.layers; ++i) {
    x = layer(i).forward(x).output;
    if (i < options_.layers - 1) x = hidden_dropout_->forward(x);
  }
  const at::Tensor dropped = output_dropout_->forward(x);
  penalty_ = is_training() ? penalty(x, dropped) : at::Tensor();
  return dropped.transpose(0, 1).contiguous();  // [batch, length, width]
}

std::unique_ptr<nn::DecoderState> AwdLstm::start_beams(int64_t inputs, int64_t rows_per_input,
                                                       int64_t capacity) {
  auto state = std::make_unique<CarriedState>(nn::RowIndex(inputs, rows_per_input, capacity));
  for (int64_t i = 0; i < options_.layers; ++i) {
    const nn::LstmCarry none = layer(i).zeros(inputs);
    state->carries.push_back({none.output, none.cell});
  }
  return state;
}

at::Tensor AwdLstm::step(const nn::StepTokens& step, nn::DecoderState& state) {
  auto& own = dynamic_cast<CarriedState&>(state);
  own.advance(step);
  at::Tensor x = tokens_.forward(step.tokens);  // [tokens, embedding]
  for (int64_t i = 0; i < options_.layers; ++i) x = own.run(static_cast<size_t>(i), x, layer(i));
  return logits(selected(x, nn::wanted_tokens(step, own.rows())));  // [wanted, vocabulary]
}

}  // namespace heed::models
