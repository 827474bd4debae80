// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "heed/nn/decoder.h"
#include "heed/nn/transformer_layer.h"

namespace heed::models {

/// State of a stack of Transformer layers: the caches of all layers and the rows that share them.
struct CachedState : nn::DecoderState {
  explicit CachedState(nn::RowIndex rows) : index(std::move(rows)) {}
  void reorder(const at::Tensor& rows) override { index.reorder(rows); }
  int64_t rows() const override { return index.rows(); }

  nn::RowIndex index;
  std::vector<nn::LayerCache> layers;
};

/// Selects the output of each row's last query: x [queries, width] to [rows, width].
inline at::Tensor last_of_each_row(const at::Tensor& x, const nn::RowIndex& index) {
  const at::Tensor last = index.last_queries();
  return last.defined() ? x.index_select(0, last.to(x.device())) : x;
}

}  // namespace heed::models
