// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/nn/lstm.h"

namespace heed::nn {

/// Outputs of both directions: forward first, then backward.
struct BidirectionalSteps {
  at::Tensor output;  ///< [length, rows, 2 * hidden]
  at::Tensor last;    ///< [rows, 2 * hidden]: after the last token (forward) and after the first (backward)
};

/// Two LSTM layers over the same input, one of which reads each sequence backward: Schuster and Paliwal 1997.
/// Padding past a sequence's end does not affect its outputs.
class BidirectionalLstmImpl : public torch::nn::Module {
 public:
  /// `hidden` is the width of each direction.
  BidirectionalLstmImpl(int64_t input, int64_t hidden);
  /// input [length, rows, input]; lengths [rows] int64, at least 1 each.
  BidirectionalSteps forward(const at::Tensor& input, const at::Tensor& lengths);

 private:
  LstmLayer onward_{nullptr}, backward_{nullptr};
};
TORCH_MODULE(BidirectionalLstm);

}  // namespace heed::nn
