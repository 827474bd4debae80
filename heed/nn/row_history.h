// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace heed::nn {

/// What a recurrent state keeps for DecoderState::drop_last(): the values of each row after each of its latest tokens.
/// Memory: tokens + 1 times that of the values.
class RowHistory {
 public:
  /// The latest `tokens` tokens of a row can be dropped. values: [rows, width] each, before the first token.
  RowHistory(int64_t tokens, const std::vector<at::Tensor>& values);

  /// Some rows consumed a token. rows [n] int64 on the CPU, undefined: every row; values as in the constructor, after it.
  void record(const at::Tensor& rows, const std::vector<at::Tensor>& values);
  /// As DecoderState::reorder().
  void reorder(const at::Tensor& rows);
  /// Row i drops counts[i] tokens. Returns the values that it then has. Throws c10::Error if it cannot drop as many.
  std::vector<at::Tensor> drop_last(at::IntArrayRef counts);

 private:
  /// Places in the store of the values that `rows` have, as a tensor on the store's device.
  at::Tensor places(const std::vector<int64_t>& rows) const;

  int64_t tokens_;
  std::vector<int64_t> consumed_;  ///< tokens of each row
  std::vector<at::Tensor>
      store_;  ///< [rows * (tokens + 1), width]: the values after token t lie at t modulo tokens + 1
};

}  // namespace heed::nn
