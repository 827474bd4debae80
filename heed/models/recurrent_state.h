// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/nn/cached_attention.h"
#include "heed/nn/decoder.h"
#include "heed/nn/lstm.h"
#include "heed/nn/memory.h"

namespace heed::models {

/// What a decoder of LSTM layers remembers: a carry for each layer, and what was read.
struct RecurrentState : nn::DecoderState {
  /// Carries are those of the inputs, [inputs, hidden] each.
  RecurrentState(const nn::Memory& memory, std::vector<nn::LstmCarry> begin, int64_t beams, int64_t capacity);
  void reorder(const at::Tensor& rows) override;
  int64_t rows() const override { return index.rows(); }
  void keep_cross_attention() override { keep_weights_ = true; }
  at::Tensor cross_attention() const override { return weights_; }
  /// Where a step leaves its attention's weights, if they are wanted; else null.
  at::Tensor* kept_weights() { return keep_weights_ ? &weights_ : nullptr; }
  /// One more token of every row; what each sees of the memory.
  const nn::StepQueries& advance();

  std::vector<nn::LstmCarry> carries;
  at::Tensor memory;  ///< what the steps attend to, [inputs, source_length, width]
  nn::RowIndex index;

 private:
  nn::MemoryIndex memory_index_;
  bool keep_weights_ = false;
  at::Tensor weights_;  ///< of the latest step, [rows, 1, source_length]
};

}  // namespace heed::models
