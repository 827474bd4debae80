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
  void allow_drops(int64_t /*tokens*/) override {}
  void drop_last(at::IntArrayRef counts) override { index.drop_last(counts); }

  nn::RowIndex index;
  std::vector<nn::LayerCache> layers;
};

/// Selects rows of x [tokens, width], given by wanted_tokens() or last_queries(); undefined: all.
inline at::Tensor selected(const at::Tensor& x, const at::Tensor& rows) {
  return rows.defined() ? x.index_select(0, rows.to(x.device())) : x;
}

}  // namespace heed::models
