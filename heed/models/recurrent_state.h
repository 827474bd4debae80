// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/nn/cached_attention.h"
#include "heed/nn/decoder.h"
#include "heed/nn/lstm.h"
#include "heed/nn/memory.h"

namespace heed::models {

/// State of a decoder of LSTM layers: a carry per layer, and the encoder's output.
struct RecurrentState : nn::DecoderState {
  /// `begin` has the carries of the inputs, [inputs, hidden] each.
  RecurrentState(const nn::Memory& memory, std::vector<nn::LstmCarry> begin, int64_t beams, int64_t capacity);
  void reorder(const at::Tensor& rows) override;
  int64_t rows() const override { return index.rows(); }
  void keep_cross_attention() override { keep_weights_ = true; }
  at::Tensor cross_attention() const override { return weights_; }
  /// Returns where a step stores its attention weights if they are kept; else null.
  at::Tensor* kept_weights() { return keep_weights_ ? &weights_ : nullptr; }
  /// Advances every row by one token. Returns what each row sees of the memory.
  const nn::StepQueries& advance();

  std::vector<nn::LstmCarry> carries;
  at::Tensor memory;  ///< encoder's output, [inputs, source_length, width]
  nn::RowIndex index;

 private:
  nn::MemoryIndex memory_index_;
  bool keep_weights_ = false;
  at::Tensor weights_;  ///< attention weights of the latest step, [rows, 1, source_length]
};

}  // namespace heed::models
