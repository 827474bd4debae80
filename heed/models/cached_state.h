// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "heed/nn/decoder.h"
#include "heed/nn/transformer_layer.h"

namespace heed::models {

/// What a stack of Transformer layers remembers.
struct CachedState : nn::DecoderState {
  explicit CachedState(nn::RowIndex rows) : index(std::move(rows)) {}
  void reorder(const at::Tensor& rows) override { index.reorder(rows); }
  int64_t rows() const override { return index.rows(); }

  nn::RowIndex index;
  std::vector<nn::LayerCache> layers;
};

/// What the last query of each row gave: x [queries, width] to [rows, width].
inline at::Tensor last_of_each_row(const at::Tensor& x, const nn::RowIndex& index) {
  const at::Tensor last = index.last_queries();
  return last.defined() ? x.index_select(0, last.to(x.device())) : x;
}

}  // namespace heed::models
