// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/core/field.h"
#include "heed/models/sha_rnn_block.h"
#include "heed/nn/dropout.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/tied_embeddings.h"

namespace heed::models {

struct ShaRnnOptions {
  int64_t vocabulary = 0;
  int64_t hidden = 1024, boom = 4096, layers = 4, heads = 1;
  std::string attention = "second_last";  ///< second_last, all
  double dropout = 0.1, attention_dropout = 0.1;
  std::string attention_backend = "auto";
};
std::vector<Field> fields(ShaRnnOptions& options);

/// SHA-RNN, the single headed attention RNN: Merity 2019, Single Headed Attention RNN: Stop Thinking With Your Head,
/// arXiv:1911.11423. A stack of blocks (sha_rnn_block.h), each an LSTM and a feed-forward "boom" layer; one of them, the
/// second-last, or all attend to the past between the two. Embeddings and output layer share their matrix.
///
/// Departures from the author's program: exact GELU instead of x sigmoid(1.702 x); no dropout on queries and values; biases of forget gates begin at 1;
/// examples begin without state and memory (take long crops); a model of one layer attends in it.
///
/// Ignores positions: the state implies them. Refuses packed segments, because the state cannot be reset inside a row.
/// Memory of decoding: 2 * layers * hidden numbers for each row, and 2 * capacity * hidden for each layer that attends.
class ShaRnn : public nn::SequenceModel {
 public:
  /// Throws c10::Error for invalid sizes.
  explicit ShaRnn(const ShaRnnOptions& options);

  at::Tensor features(const nn::Sequence& input) override;
  nn::OutputLayer output_layer() override { return tokens_.output_layer(); }
  std::unique_ptr<nn::DecoderState> start(int64_t rows, int64_t capacity) override {
    return start_beams(rows, 1, capacity);
  }
  std::unique_ptr<nn::DecoderState> start_beams(int64_t inputs, int64_t rows_per_input,
                                                int64_t capacity) override;
  at::Tensor step(const nn::StepTokens& tokens, nn::DecoderState& state) override;
  int64_t vocabulary_size() const override { return options_.vocabulary; }
  int64_t attention_layers() const override { return static_cast<int64_t>(attending_.size()); }
  nn::AttentionTrace trace(const nn::Sequence& input, int64_t layer) override;

 private:
  ShaRnnBlockImpl& block(int64_t index) const;
  at::Tensor run_blocks(const nn::Sequence& input, int64_t blocks);

  ShaRnnOptions options_;
  nn::TiedEmbeddings tokens_;
  torch::nn::ModuleList blocks_;
  std::vector<int64_t> attending_;  ///< blocks with attention
  nn::Dropout dropout_{nullptr};
};

}  // namespace heed::models
