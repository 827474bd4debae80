// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/nn/lstm.h"

namespace heed::nn {

/// What both directions made of some sequences: onward first, then backward.
struct BidirectionalSteps {
  at::Tensor output;  ///< [length, rows, 2 * hidden]
  at::Tensor last;    ///< [rows, 2 * hidden]: after the last token, and after the first
};

/// Two LSTM layers over the same input, one of which reads each sequence from its end: Schuster and Paliwal
/// 1997. What stands past a sequence's end changes nothing before it.
class BidirectionalLstmImpl : public torch::nn::Module {
 public:
  /// `hidden` numbers in each direction.
  BidirectionalLstmImpl(int64_t input, int64_t hidden);
  /// input [length, rows, input]; lengths [rows] int64, at least 1 each.
  BidirectionalSteps forward(const at::Tensor& input, const at::Tensor& lengths);

 private:
  LstmLayer onward_{nullptr}, backward_{nullptr};
};
TORCH_MODULE(BidirectionalLstm);

}  // namespace heed::nn
