// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "heed/nn/cached_attention.h"
#include "heed/nn/decoder.h"
#include "heed/nn/lstm.h"
#include "heed/nn/row_history.h"

namespace heed::models {

/// What one recurrent layer carries from step to step: tensors [rows, width].
using Carry = std::vector<at::Tensor>;

/// State of a stack of recurrent layers, some of which may attend to the past.
struct CarriedState : nn::DecoderState {
  explicit CarriedState(nn::RowIndex rows) : index(std::move(rows)) {}

  void reorder(const at::Tensor& rows) override;
  int64_t rows() const override { return index.rows(); }
  void allow_drops(int64_t tokens) override;
  void drop_last(at::IntArrayRef counts) override;
  /// Begins a step.
  void advance(const nn::StepTokens& step);

  /// A layer's work on one token of some rows: input [n, width] and their carry, which it replaces, to output [n, width].
  using Step = std::function<at::Tensor(const at::Tensor& input, Carry& carry)>;
  /// Runs a layer over the tokens of the latest advance(), the first tokens of all rows first: input [tokens, width] to
  /// [tokens, width].
  at::Tensor run(size_t layer, const at::Tensor& input, const Step& step);
  /// The same for an LSTM, whose carry is {output, cell}: input [tokens, input] to [tokens, hidden].
  at::Tensor run(size_t layer, const at::Tensor& input, nn::LstmLayerImpl& lstm);
  nn::RowIndex index;
  std::vector<Carry> carries;             ///< of each recurrent layer
  std::vector<nn::KeyValueCache> caches;  ///< of each layer that attends

 private:
  /// One token of `rows` (undefined: every row).
  at::Tensor run_column(size_t layer, const at::Tensor& input, const at::Tensor& rows, const Step& step);

  std::vector<nn::TokenColumn> columns_;
  std::vector<nn::RowHistory> histories_;  ///< of each carry; empty if no token is ever dropped
};

}  // namespace heed::models
