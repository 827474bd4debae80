// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/nn/lstm.h"
#include "heed/nn/memory.h"
#include "heed/nn/sequence_to_sequence.h"

namespace heed::models {

/// What a decoder of LSTM layers remembers: a carry for each layer, and what was read.
struct RecurrentState : nn::SourceState {
  /// Carries are those of the sentences, [sentences, hidden] each.
  RecurrentState(const nn::Memory& memory, std::vector<nn::LstmCarry> begin, int64_t capacity);
  void reorder(const at::Tensor& rows) override;
  int64_t length() const override { return consumed_; }
  void keep_cross_attention() override { keep_weights_ = true; }
  at::Tensor cross_attention() const override { return weights_; }
  /// Where a step leaves its attention's weights, if they are wanted; else null.
  at::Tensor* kept_weights() { return keep_weights_ ? &weights_ : nullptr; }
  /// One more token of every row. Throws c10::Error beyond the capacity.
  void advance();

  std::vector<nn::LstmCarry> carries;
  at::Tensor memory;  ///< what the steps attend to, [sentences, source_length, width]
  nn::MemoryIndex index;

 private:
  int64_t capacity_, consumed_ = 0;
  bool keep_weights_ = false;
  at::Tensor weights_;  ///< of the latest step, [rows, 1, source_length]
};

}  // namespace heed::models
